"""Corrections after training, on cached features and logits, without touching the backbone."""
