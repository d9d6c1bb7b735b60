"""Charts as data: what each asks and shows, for whoever draws it, as picture or on the page."""
