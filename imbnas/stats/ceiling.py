"""What noise alone does to a rank correlation: the ceiling, and the correction for it."""

import numpy as np

from imbnas.stats.arrays import Floats
from imbnas.stats.reliability import to_correlation, to_tau


def noise_ceiling(reliability_x: Floats, reliability_y: Floats) -> Floats:
    """The tau-b to expect between two noisy measurements of one and the same ranking.

    2/π asin √(rel_x rel_y): Spearman's (1904) attenuation in sine-transformed units.

    Args:
        reliability_x: in [0, 1]; 1 for a variable without noise.
        reliability_y: in [0, 1].

    Returns:
        In [0, 1].
    """
    return to_tau(np.sqrt(reliability_x * reliability_y))


def correct_for_noise(tau: Floats, ceiling: Floats) -> tuple[Floats, np.ndarray]:
    """Estimate the tau between the noise-free rankings (Spearman 1904, sine-transformed).

    Args:
        tau: observed tau-b, in [-1, 1].
        ceiling: its noise ceiling, in [0, 1].

    Returns:
        The corrected tau in [-1, 1], NaN where the ceiling is 0; and whether it had to be clipped
        because noise carried the observed value beyond its ceiling.
    """
    attenuation = to_correlation(ceiling)
    ratio = np.full(np.shape(tau), np.nan)
    np.divide(to_correlation(tau), attenuation, out=ratio, where=attenuation > 0)
    return to_tau(np.clip(ratio, -1.0, 1.0)), np.abs(ratio) > 1.0
