"""The tables of a run, one module for each CSV file and what they share."""
