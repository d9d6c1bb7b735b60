"""The DARTS space (arXiv:1806.09055)."""
