"""Searchers: how the best architecture of an adapted supernet is found."""
