"""Accuracies that weigh classes alike, from counts of test images."""

from collections.abc import Iterable

MEAN_DIGITS = 12
"""Decimals of mean recalls: far below one image, far above the rounding of their sum."""


def recalls(correct: Iterable[int], total: Iterable[int]) -> tuple[float | None, ...]:
    """Recall of each class in [0, 1]; ``None`` for a class without images.

    Args:
        correct: images of each class that were classified correctly.
        total: images of each class.
    """
    return tuple(c / t if t else None for c, t in zip(correct, total, strict=True))


def mean(found: Iterable[float | None]) -> float | None:
    """Mean of the recalls that there are; ``None`` for none."""
    known = [recall for recall in found if recall is not None]
    # Equal recalls of other classes are a tie, which the order of a sum must not break.
    return round(sum(known) / len(known), MEAN_DIGITS) if known else None


def harmonic_mean(found: Iterable[float | None]) -> float | None:
    """Harmonic mean of the recalls that there are; ``None`` for none.

    It is 0 as soon as one recall is: some put a small number there instead, which then decides the
    mean.
    """
    known = [recall for recall in found if recall is not None]
    if not known:
        return None
    return len(known) / sum(1 / recall for recall in known) if all(known) else 0.0
