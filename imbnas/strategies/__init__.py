"""Strategies: how a supernet trained on a source condition is adapted to a target."""
