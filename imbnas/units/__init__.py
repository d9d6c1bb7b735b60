"""Frozen models of the pieces of work (units) and of what they leave behind (records)."""
