"""Searchers replayed on a table in place of trainings: what searching on other data costs."""
