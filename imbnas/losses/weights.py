"""Class weights, always normalised to sum to the number of classes C (mean 1)."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

WeightRule = Literal["none", "inverse", "sqrt-inverse", "power", "effective-number"]


def class_weights(
    rule: WeightRule, counts: NDArray[np.int64], *, beta: float = 0.9999, power: float = 1.0
) -> NDArray[np.float64] | None:
    """Weigh each class by how rare it is.

    ``inverse``, ``sqrt-inverse`` and ``power`` give w ∝ n^-1, n^-1/2 and n^-power (Zhang et al.,
    arXiv 2103.16370); ``effective-number`` gives w ∝ (1 - beta) / (1 - beta^n) (Cui et al.,
    arXiv 1901.05555).

    Args:
        rule: how weights follow from counts.
        counts: (C,) images per class, each at least 1.
        beta: of ``effective-number``, in [0, 1); 0 gives equal weights.
        power: of ``power``; 0 gives equal weights.

    Returns:
        (C,) weights that sum to C, or ``None`` for the rule ``none``.
    """
    if rule == "none":
        return None
    n = counts.astype(np.float64)
    if rule == "effective-number":
        # 1 - beta^n without cancellation; log1p and expm1 stay exact as beta nears 1.
        raw = 1.0 / -np.expm1(n * np.log1p(beta - 1.0)) if beta > 0 else np.ones_like(n)
    else:
        raw = n ** -{"inverse": 1.0, "sqrt-inverse": 0.5, "power": power}[rule]
    weights: NDArray[np.float64] = raw * (len(n) / raw.sum())
    return weights
