"""The page of a run: one self-contained ``index.html``."""
