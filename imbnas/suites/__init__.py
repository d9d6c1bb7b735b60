"""Suites: TOML files that expand to units."""
