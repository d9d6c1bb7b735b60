"""Leaderboards: tables as a pure function of the resolved suite and its records."""
