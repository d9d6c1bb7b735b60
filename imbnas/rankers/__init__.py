"""Rankers: scores of architectures without a supernet, at initialisation or after a few epochs."""
