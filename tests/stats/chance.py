"""What a simulation of a true share may give by chance alone."""

from scipy import stats

ERROR = 0.001
"""How often a simulation of just the share asked for lies beyond the bound."""


def least(share, draws):
    """The lowest share that a simulation of ``draws`` may give where ``share`` is true."""
    return stats.binom.ppf(ERROR, draws, share) / draws


def most(share, draws):
    """The highest such share."""
    return stats.binom.isf(ERROR, draws, share) / draws
