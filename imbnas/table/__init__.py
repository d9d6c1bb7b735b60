"""The table of a board: one row for each training, exported, read and looked up."""
