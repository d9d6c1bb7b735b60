"""What searching on balanced data costs, in percentage points on the target."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbnas.errors import InputError
from imbnas.replay.choices import build
from imbnas.replay.searches import Draw, Searches
from imbnas.replay.sides import Sides, Training, compared
from imbnas.replay.table_space import TableSpace
from imbnas.spaces import get_space
from imbnas.stats import jackknife_interval, judged_losses, optimism
from imbnas.suites.choice import SearcherChoice
from imbnas.table.benchmark import Benchmark

Floats = NDArray[np.float64]
SIDES = ("balanced", "target")
BAND = (0.1, 0.9)
"""Quantiles over repetitions."""
MAX_BUDGET = 200
LEVEL = 0.95
INTERVAL_REPETITIONS = 100
"""Searches without a replicate, at most; which those are, and their random numbers, stay alike."""
_STEPS = (1, 2, 5)
COLUMNS = (
    "balanced", "balanced_scheme", "target", "target_scheme", "searcher", "queries", "marked",
    *(f"regret_{side}{of}" for side in SIDES for of in ("", "_q10", "_q90")),
    "difference", "difference_low", "difference_high", "difference_mc_error", "optimism",
    "n_architectures", "n_left_out", "n_replicates_balanced", "n_replicates_target",
    "n_repetitions", "n_ended_early", "draw",
)  # fmt: skip


@dataclass(frozen=True)
class Replay:
    """What is replayed.

    Attributes:
        searchers: registry names and options.
        budget: queries of each search; ``None`` for half of the architectures, at most
            ``MAX_BUDGET``.
        repetitions: searches with each searcher on each side.
        draw: what draws a replicate.
        seed: of everything.
        balanced: searched on in place of the suite's references.
        target: judges in place of the suite's targets.
    """

    searchers: tuple[SearcherChoice, ...]
    budget: int | None = None
    repetitions: int = 200
    draw: Draw = "query"
    seed: int = 0
    balanced: Training | None = None
    target: Training | None = None

    def table(self, bench: Benchmark) -> pd.DataFrame:
        """Replay every searcher for every target.

        Returns:
            Columns ``COLUMNS``, a row for each searcher, target and number of queries. Regrets and
            their differences are in percentage points; intervals are filled in where ``marked`` is
            true.

        Raises:
            UnknownNameError: a training or a searcher is unknown.
            InputError: the table cannot answer, or a searcher cannot search it.
        """
        pairs = compared(bench, self.balanced, self.target)
        sides = {pair: Sides.of(bench, *pair) for pair in pairs}
        rows = [
            dict(zip(COLUMNS[:4], (*balanced, *target), strict=True)) | row
            for (balanced, target), found in sides.items()
            for choice in self.searchers
            for row in self._rows(found, choice)
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _rows(self, sides: Sides, choice: SearcherChoice) -> Iterator[dict[str, Any]]:
        space = TableSpace(get_space(sides.space), sides.architectures)
        budget = self._budget(len(sides.architectures))
        searcher = build(choice, budget, space)
        searches = Searches(
            space, searcher, choice.label, budget, self.repetitions, self.draw, self.seed
        )
        curves = _curves(sides, searches)
        marks = [number - 1 for number in checkpoints(budget)]
        intervals = dict(zip(marks, _intervals(sides, searches, curves, marks), strict=True))
        common = {
            "searcher": choice.label,
            "optimism": optimism(sides.target),
            "n_architectures": len(sides.architectures),
            "n_left_out": sides.n_left_out,
            "n_replicates_balanced": len(sides.balanced_numbers),
            "n_replicates_target": len(sides.target_numbers),
            "n_repetitions": self.repetitions,
            "n_ended_early": curves.ended_early,
            "draw": self.draw,
        }
        for place in range(budget):
            marked = {"queries": place + 1, "marked": place in intervals}
            yield common | marked | _summary(curves, place) | intervals.get(place, {})

    def _budget(self, architectures: int) -> int:
        if self.budget is None:
            return min(MAX_BUDGET, max(1, architectures // 2))
        if not 1 <= self.budget <= architectures:
            raise InputError(
                f"--budget {self.budget}: the table holds {architectures} architectures, none of "
                "which is queried twice; give 1 to that many"
            )
        return self.budget


def checkpoints(budget: int) -> list[int]:
    """Numbers of queries at which differences have intervals: 1, 2, 5, 10, …, the budget."""
    decades = (step * 10**power for power in range(len(str(budget))) for step in _STEPS)
    return [*(number for number in decades if number < budget), budget]


@dataclass(frozen=True)
class _Curves:
    """(S, N) regrets of searches on either side after each number of queries."""

    regrets: Mapping[str, Floats]
    ended_early: int

    @property
    def differences(self) -> Floats:
        """What searching on the balanced training loses, search by search."""
        return self.regrets["balanced"] - self.regrets["target"]


def _curves(sides: Sides, searches: Searches) -> _Curves:
    regrets, ended = {}, 0
    for side in SIDES:
        numbers = getattr(sides, f"{side}_numbers")
        found = searches.run(getattr(sides, side), numbers, side)
        lost = judged_losses(sides.target, sides.target_numbers, numbers)
        regrets[side] = lost[found.architectures, found.replicates]
        ended += int((found.queries < searches.budget).sum())
    return _Curves(regrets, ended)


def _summary(curves: _Curves, place: int) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for side, regrets in curves.regrets.items():
        low, high = np.quantile(regrets[:, place], BAND)
        found |= {f"regret_{side}": regrets[:, place].mean(), f"regret_{side}_q10": low,
                  f"regret_{side}_q90": high}  # fmt: skip
    differences = curves.differences[:, place]
    error = differences.std(ddof=1) / np.sqrt(len(differences)) if len(differences) > 1 else None
    return found | {"difference": differences.mean(), "difference_mc_error": error}


def _intervals(
    sides: Sides, searches: Searches, curves: _Curves, marks: Iterable[int]
) -> Iterator[dict[str, float | None]]:
    """Intervals of the mean difference over other replicates, by leaving out one at a time.

    Searches are run again without the replicate: neither may it pick, nor choose, nor judge.
    """
    means: list[Floats] = []
    fewer = replace(searches, repetitions=min(searches.repetitions, INTERVAL_REPETITIONS))
    if len(sides.target_numbers) > 2 and len(sides.balanced_numbers) > 1:
        means = [_curves(less, fewer).differences.mean(axis=0) for less in sides.without()]
    for mark in marks:
        whole = float(curves.differences[:, mark].mean())
        interval = jackknife_interval(whole, [float(each[mark]) for each in means], level=LEVEL)
        yield {"difference_low": interval.low, "difference_high": interval.high}
