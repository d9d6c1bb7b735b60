"""The site of all boards: an overview, and the page of each."""
