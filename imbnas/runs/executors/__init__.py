"""Executors: where the workers of a run are started."""
