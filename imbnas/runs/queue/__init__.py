"""Which units are to be done, by whom, and in which order."""
