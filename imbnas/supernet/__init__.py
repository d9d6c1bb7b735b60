"""Supernets: one network that holds all architectures of a space by weight sharing."""
