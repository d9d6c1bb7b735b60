"""The topology and the size space of NATS-Bench (arXiv:2009.00437)."""
