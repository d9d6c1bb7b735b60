"""The version, where modules of the package find it without importing the package's own names."""

__version__ = "0.1.0"
