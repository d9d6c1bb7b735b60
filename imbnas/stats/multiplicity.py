"""Holm's correction for the many rows of one table."""

from collections.abc import Sequence
from dataclasses import replace

from imbnas.errors import InputError
from imbnas.stats.transfer import RankTransfer

# Absorbs the rounding of 1 − 0.95.
_TINY = 1e-12


def holm(p_values: Sequence[float | None], *, awaited: int = 0) -> tuple[float | None, ...]:
    """Adjust p-values to control the family-wise error rate (Holm 1979).

    Args:
        p_values: in [0, 1]; ``None`` marks a row without a test, which is not counted.
        awaited: tests of the same question whose data are not there yet, from 0. They count as if
            they showed nothing, so that no verdict rests on what is still missing.

    Returns:
        Adjusted values in the order given, ``None`` where there was none.

    Raises:
        InputError: a value is NaN or outside [0, 1].
    """
    tested = [(p, place) for place, p in enumerate(p_values) if p is not None]
    for p, place in tested:
        if not 0 <= p <= 1:
            raise InputError(f"p_values[{place}]: {p} is not in [0, 1]; use None for no test")
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for step, (p, place) in enumerate(sorted(tested)):
        largest = min(1.0, max(largest, (len(tested) + awaited - step) * p))
        adjusted[place] = largest
    return tuple(adjusted)


def holm_verdicts(
    rows: Sequence[RankTransfer], *, awaited: int = 0, level: float = 0.95
) -> tuple[RankTransfer, ...]:
    """Set ``p_adjusted`` of all rows of a table and withdraw verdicts that do not survive.

    A row stays ``changed`` only if its adjusted p-value is at most 1 − level; otherwise it becomes
    ``inconclusive``. The smallest p-value of B resamples is 2 / (B + 1): a table of more than
    0.025 · (B + 1) rows needs more resamples before any row can stay ``changed``.

    Args:
        rows: results of ``rank_transfer`` or ``rank_against_predictor``.
        awaited: as in ``holm``.
        level: the level at which they were computed, in (0, 1).
    """
    adjusted = holm([row.p_value for row in rows], awaited=awaited)
    return tuple(_adjust(row, p, level) for row, p in zip(rows, adjusted, strict=True))


def _adjust(row: RankTransfer, p_adjusted: float | None, level: float) -> RankTransfer:
    survives = p_adjusted is not None and p_adjusted <= 1 - level + _TINY
    verdict = "inconclusive" if row.verdict == "changed" and not survives else row.verdict
    return replace(row, p_adjusted=p_adjusted, verdict=verdict)
