"""Execution: what each kind of unit does."""
