"""The smallest differences that a run of a suite's size can be expected to show."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from imbnas.resources import published_folder
from imbnas.stats import MIN_MODELS, smallest_detectable_change, smallest_detectable_difference
from imbnas.suites.expand import Expansion
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import AdaptationPart, Training, TransferPart

POWER = 0.8
SEED_TAU = 0.5
"""Assumed agreement of two replicates where no published table tells it."""
ASSUMED = "assumed"


@dataclass(frozen=True)
class DetectableChange:
    """What ``rank_correlation`` of some parts can show.

    Attributes:
        parts: names.
        networks: distinct functions of the population.
        replicates: that speak for either side of a comparison.
        comparisons: of a part's reference with targets, that Holm's correction counts.
        seed_tau: tau of two replicates, in (0, 1).
        seed_tau_from: ``assumed``, or the title of published tables.
        true_tau: true rankings that agree by so much or less are found to have changed with
            chance ``POWER``; ``None`` where not even the opposite ranking would be.
    """

    parts: tuple[str, ...]
    networks: int
    replicates: int
    comparisons: int
    seed_tau: float
    seed_tau_from: str
    true_tau: float | None


@dataclass(frozen=True)
class DetectableDifference:
    """What ``adaptation`` of some parts can show of the accuracies of strategies.

    Attributes:
        parts: names.
        replicates: paired by every comparison.
        comparisons: with one strategy, that Holm's correction counts.
        standard_deviations: smallest difference that is found with chance ``POWER``, in standard
            deviations over replicates of the paired difference; ``None`` below two replicates.
        percentage_points: the same in accuracy, from the standard deviation of published tables;
            ``None`` without any.
        percentage_points_from: title of these tables, or ``None``.
    """

    parts: tuple[str, ...]
    replicates: int
    comparisons: int
    standard_deviations: float | None
    percentage_points: float | None
    percentage_points_from: str | None


@dataclass(frozen=True)
class Detectable:
    """What the parts of a run can show; parts of equal size stand together."""

    changes: tuple[DetectableChange, ...]
    differences: tuple[DetectableDifference, ...]


def detectable(
    resolved: ResolvedSuite,
    parts: Iterable[str] | None = None,
    find: Callable[[str], Path | None] = published_folder,
) -> Detectable:
    """Compute what a run can show, were it complete.

    Noise is known after a run only. It is taken from published tables of the same suite and
    fidelity where there are any, and assumed elsewhere.

    Args:
        resolved: the suite.
        parts: that are run; ``None`` for all.
        find: title → folder of published tables.
    """
    names = resolved.suite.parts if parts is None else tuple(parts)
    chosen = {name: resolved.suite.parts[name] for name in names}
    folder = find(resolved.title)
    rankings: dict[tuple[int, int], list[str]] = {}
    strategies: dict[int, list[str]] = {}
    for name, part in chosen.items():
        if isinstance(part, TransferPart):
            rankings.setdefault(_sides(resolved, part), []).append(name)
        if isinstance(part, AdaptationPart):
            searchers = Expansion(resolved).searchers(part)
            others = len(part.choices) * len(searchers) - 1
            strategies.setdefault(max(others, 1), []).append(name)
    return Detectable(
        changes=tuple(_change(resolved, folder, *each) for each in rankings.items()),
        differences=tuple(_difference(resolved, folder, *each) for each in strategies.items()),
    )


def _sides(resolved: ResolvedSuite, part: TransferPart) -> tuple[int, int]:
    """Replicates of either side, and comparisons, of the question that the reference asks."""
    same = [target for target in part.targets if _of_one_dataset(resolved, part.reference, target)]
    targets = same or list(part.targets)
    apart = any(_apart(resolved, part.reference, target) for target in targets)
    return resolved.replicates // 2 if apart else resolved.replicates, len(targets)


def _of_one_dataset(resolved: ResolvedSuite, first: Training, second: Training) -> bool:
    conditions = (resolved.conditions[training.condition].condition for training in (first, second))
    return len({condition.dataset for condition in conditions}) == 1


def _apart(resolved: ResolvedSuite, first: Training, second: Training) -> bool:
    """Whether replicates of one number share images, so that each stands on one side only."""
    conditions = tuple(sorted((first.condition, second.condition)))
    found = (each for each in resolved.common_images if each.conditions == conditions)
    return any(each.different is None or each.same > each.different for each in found)


def _change(
    resolved: ResolvedSuite, folder: Path | None, sides: tuple[int, int], parts: list[str]
) -> DetectableChange:
    replicates, comparisons = sides
    networks = len({member.functional_id for member in resolved.population})
    known = _seed_tau(folder, parts) if folder else None
    seed_tau = SEED_TAU if known is None else known
    change = None
    if networks >= MIN_MODELS and replicates >= 2:
        change = smallest_detectable_change(
            networks, replicates, seed_tau, comparisons=comparisons, power=POWER
        )
    return DetectableChange(
        parts=tuple(parts),
        networks=networks,
        replicates=replicates,
        comparisons=comparisons,
        seed_tau=seed_tau,
        seed_tau_from=ASSUMED if known is None else resolved.title,
        true_tau=change.true_tau if change else None,
    )


def _difference(
    resolved: ResolvedSuite, folder: Path | None, comparisons: int, parts: list[str]
) -> DetectableDifference:
    replicates, sd = resolved.replicates, _sd(folder, parts) if folder else None
    smallest = partial(
        smallest_detectable_difference, n=replicates, comparisons=comparisons, power=POWER
    )
    return DetectableDifference(
        parts=tuple(parts),
        replicates=replicates,
        comparisons=comparisons,
        standard_deviations=smallest(1.0) if replicates > 1 else None,
        percentage_points=smallest(sd) if replicates > 1 and sd is not None else None,
        percentage_points_from=None if sd is None else resolved.title,
    )


def _seed_tau(folder: Path, parts: list[str]) -> float | None:
    """Mean agreement of two replicates over the trainings of the parts."""
    values = [
        value
        for column in ("seed_tau_x", "seed_tau_y")
        for value in _column(folder / "rank_correlation.csv", column, parts)
    ]
    found = float(np.mean(values)) if values else 0.0
    return found if 0 < found < 1 else None


def _sd(folder: Path, parts: list[str]) -> float | None:
    """Standard deviation of the difference of two strategies, in percentage points.

    From that of single strategies, as if pairing took no noise away, which it does if anything.
    """
    values = list(_column(folder / "adaptation.csv", "accuracy_sd", parts))
    return float(np.sqrt(2 * np.mean(np.square(values)))) if values else None


def _column(file: Path, column: str, parts: list[str]) -> Iterator[float]:
    """Numbers of a published table in rows of the parts; none where it lacks them."""
    if not file.is_file():
        return
    table = pd.read_csv(file, index_col=False)
    if {"part", column} <= set(table.columns):
        # Routes of a part are named after it.
        of_parts = table["part"].astype(str).str.partition(" ")[0].isin(parts)
        yield from table.loc[of_parts, column].dropna()
