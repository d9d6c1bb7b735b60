"""What the rows of several tables are computed from."""
