"""Samplers: how often each class is drawn."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imbnas.data.registry import SAMPLERS
from imbnas.errors import InputError

Counts = NDArray[np.int64]
Probabilities = NDArray[np.float64]

BETA = 0.9999


def class_probabilities(name: str, class_counts: Sequence[int], progress: float) -> Tensor | None:
    """Probability of drawing each class now.

    Args:
        name: entry of the registry of samplers.
        class_counts: (C,) training images by label, at least 1 each.
        progress: part of the training that is done, in [0, 1].

    Returns:
        (C,) float64 probabilities on the CPU that sum to 1, or ``None`` for passes over all
        images.

    Raises:
        UnknownNameError: no sampler has that name.
        InputError: a class without images, or progress outside [0, 1].
    """
    counts = np.asarray(class_counts, dtype=np.int64)
    if counts.min(initial=1) < 1:
        raise InputError(f"sampler {name!r}: class {int(counts.argmin())} has no training image")
    if not 0 <= progress <= 1:
        raise InputError(f"sampler {name!r}: progress {progress} is outside [0, 1]")
    probabilities = SAMPLERS.get(name)(counts, progress)
    return None if probabilities is None else torch.from_numpy(probabilities)


def instance(counts: Counts, progress: float) -> None:
    """No class-aware drawing: ``n_j / N`` by passes over all images."""
    return


def balanced(counts: Counts, progress: float) -> Probabilities:
    """``1/C``."""
    return np.full(len(counts), 1 / len(counts))


def square_root(counts: Counts, progress: float) -> Probabilities:
    """``∝ √n_j`` (Kang et al. 2020, eq. 1 with q = ½)."""
    return _normalised(np.sqrt(counts))


def progressive(counts: Counts, progress: float) -> Probabilities:
    """``(1−t) n_j/N + t/C`` at progress t (Kang et al. 2020, eq. 2)."""
    return (1 - progress) * _normalised(counts) + progress / len(counts)


def effective_number(counts: Counts, progress: float) -> Probabilities:
    """``∝ n_j (1−β)/(1−β^n_j)``: images weighted by effective number (Cui et al. 2019)."""
    return _normalised(counts * (1 - BETA) / -np.expm1(counts * np.log(BETA)))


def _normalised(weights: NDArray[np.float64] | Counts) -> Probabilities:
    return np.asarray(weights / weights.sum(), dtype=np.float64)
