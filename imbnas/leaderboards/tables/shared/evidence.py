"""One row that a claim rests on: its effect with an interval, and what it says of the claim."""

from dataclasses import dataclass

from imbnas.stats import Answer

POWER = 0.8
"""With which ``smallest_effect`` is found."""


@dataclass(frozen=True)
class Evidence:
    """An effect that decides a claim, alone or with others.

    Attributes:
        part: name of the part, with its route where it has several, as other tables write it.
        rests_on: table and row from which the effect follows.
        effect: ``None`` where it is not known yet.
        unit: ``tau``, ``percentage points``, or ``cost ratio``.
        low: lower bound of its interval, corrected for the rows of the claim.
        high: upper bound.
        margin: of the claim, in the same unit.
        smallest_effect: what a run of this size and spread could be expected to show; ``None``
            where nothing tells the spread, and for costs, which are counted.
        row_answer: to the claim, of this row alone.
        n_replicates: that the effect is of.
        n_missing: trainings of the population that are missing, or replicates without both sides
            of a comparison.
    """

    part: str
    rests_on: str
    effect: float | None
    unit: str
    low: float | None
    high: float | None
    margin: float | None
    smallest_effect: float | None
    row_answer: Answer
    n_replicates: int
    n_missing: int
