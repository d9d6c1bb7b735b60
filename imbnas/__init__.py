"""imbnas: neural architecture search on long-tailed image data, measured with error bars."""

__version__ = "0.1.0"
