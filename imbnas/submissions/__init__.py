"""Submissions: what others hand in for a board, packed, verified and recomputed."""
