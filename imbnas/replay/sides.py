"""What is searched on and what judges: two trainings of the same architectures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from imbnas.errors import InputError
from imbnas.table.benchmark import Benchmark, Grid

Floats = NDArray[np.float64]
Training: TypeAlias = tuple[str, str]
"""Condition and scheme."""


@dataclass(frozen=True)
class Sides:
    """A balanced training and a target, with the architectures that are complete on both.

    Attributes:
        space: name of the architectures' space.
        architectures: as the table spells them.
        balanced: (A, R) mean recalls in percent on the balanced training.
        target: (A, S) the same on the target.
        balanced_numbers: replicates of the columns of ``balanced``.
        target_numbers: of those of ``target``.
        n_left_out: architectures that lack a training on either side.
    """

    space: str
    architectures: tuple[str, ...]
    balanced: Floats
    target: Floats
    balanced_numbers: tuple[int, ...]
    target_numbers: tuple[int, ...]
    n_left_out: int

    @classmethod
    def of(cls, bench: Benchmark, balanced: Training, target: Training) -> "Sides":
        """Look both trainings up.

        Raises:
            UnknownNameError: the table does not hold one of them.
            InputError: they have no complete architecture in common, or the target a single
                replicate.
        """
        grids = bench.grid(*balanced), bench.grid(*target)
        left, right = map(_complete, grids)
        common = [each for each in left if each in right]
        names = " and ".join(" ".join(training) for training in (balanced, target))
        if grids[0].space != grids[1].space or len(common) < 2:
            raise InputError(f"{bench.title}: {len(common)} architectures are trained on {names}")
        if len(grids[1].replicates) < 2:
            raise InputError(
                f"{bench.title}: {' '.join(target)} has one replicate, which cannot both choose "
                "the best and judge it; give a table with two"
            )
        every = {*grids[0].architectures, *grids[1].architectures}
        return cls(
            space=grids[0].space,
            architectures=tuple(common),
            balanced=100 * grids[0].values[[left[each] for each in common]],
            target=100 * grids[1].values[[right[each] for each in common]],
            balanced_numbers=grids[0].replicates,
            target_numbers=grids[1].replicates,
            n_left_out=len(every) - len(common),
        )

    def without(self) -> Iterator["Sides"]:
        """The same without one replicate number at a time, where enough are left."""
        for number in sorted({*self.balanced_numbers, *self.target_numbers}):
            yield self._without(number)

    def _without(self, number: int) -> "Sides":
        keep = [
            [place for place, other in enumerate(numbers) if other != number]
            for numbers in (self.balanced_numbers, self.target_numbers)
        ]
        return Sides(
            space=self.space,
            architectures=self.architectures,
            balanced=self.balanced[:, keep[0]],
            target=self.target[:, keep[1]],
            balanced_numbers=tuple(self.balanced_numbers[place] for place in keep[0]),
            target_numbers=tuple(self.target_numbers[place] for place in keep[1]),
            n_left_out=self.n_left_out,
        )


def _complete(grid: Grid) -> dict[str, int]:
    """Architecture → row, where every replicate is finished."""
    rows = np.flatnonzero(~np.isnan(grid.values).any(axis=1)).tolist()
    return {grid.architectures[row]: row for row in rows}


def compared(
    bench: Benchmark, balanced: Training | None = None, target: Training | None = None
) -> list[tuple[Training, Training]]:
    """Pairs of a balanced training and a target.

    Args:
        bench: the table.
        balanced: in place of the suite's references.
        target: in place of the suite's targets.

    Raises:
        InputError: one is not given and the table does not know its suite's comparisons.
    """
    parts = bench.columns.comparisons
    if not parts and (balanced is None or target is None):
        raise InputError(
            f"{bench.columns.source}: does not hold what its suite compares; give the run or "
            "board that it was exported from, or --balanced and --target, of "
            f"{', '.join(map(' '.join, bench.trainings))}"
        )
    pairs = [
        (balanced or part[0], other)
        for part in parts or ((),)
        for other in ((target,) if target else part[1:])
    ]
    return [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
