"""Do networks that balanced data do not tell apart differ on long-tailed data? IMB-NAS, table 1."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared.networks import populations
from imbnas.leaderboards.tables.shared.summary import accuracies, with_whole_numbers
from imbnas.stats import MatchedPairs, holm, matched_pairs, spread, t_interval
from imbnas.suites.schema import MotivationPart, Training
from imbnas.units.metrics import TrainMetrics

COLUMNS = (
    "part", "balanced", "balanced_scheme", "long_tailed", "long_tailed_scheme", "first", "second",
    "first_macs", "second_macs", "balanced_first", "balanced_second", "balanced_limit",
    "long_tailed_first", "long_tailed_second", "difference", "difference_low", "difference_high",
    "difference_p_adjusted", "differs", "n_pairs", "n_differ", "typical_difference",
    "typical_p_value", "note", "class_orders", "population", "n_architectures", "n_replicates",
    "n_missing", "protocol", "fidelity",
)  # fmt: skip
LEVEL = 0.95

Row = dict[str, Any]


def motivation_pairs(results: Results) -> pd.DataFrame:
    """One row for each pair of networks that match on a balanced training.

    Asked of motivation parts and of the population, for each long-tailed training with each
    balanced training of its dataset. Two networks match where their MACs differ by at most 5% and
    replicates do not tell their balanced accuracies apart. Each network is in one pair at most, and
    pairs are chosen without looking at the long-tailed accuracies (``matched_pairs``).

    - ``balanced_…``, ``long_tailed_…``: mean accuracies in percent; ``balanced_limit`` is the
      difference from which on two networks count as told apart.
    - ``difference`` (percentage points): first − second on the long-tailed training, paired by
      replicate, with a 95% t-interval; ``difference_p_adjusted`` is that of "there is none", after
      Holm's correction over the pairs.
    - ``differs``: whether that is at most 0.05.
    - ``n_pairs``, ``n_differ``: pairs, and those that differ.
    - ``typical_difference``: root mean square of the differences of all pairs once noise is taken
      out; ``typical_p_value`` is that of "no two networks of a pair differ" (``spread``). It asks
      all pairs at once, and so finds what no single pair can show.
    - ``n_replicates``: those of both networks on the long-tailed training; ``n_missing``: trainings
      of all networks on both trainings that are not finished.
    - ``note``: why there is no pair; such a comparison has a single row.
    """
    rows = [
        {**row, "protocol": results.resolved.protocol, "fidelity": results.resolved.stated_fidelity}
        for networks in (*_motivation(results), *_population(results))
        for balanced, tailed in _comparisons(results, networks)
        for row in _rows(results, networks, balanced, tailed)
    ]
    return with_whole_numbers(
        pd.DataFrame(rows, columns=list(COLUMNS)), "first_macs", "second_macs"
    )


@dataclass(frozen=True)
class _Networks:
    """Networks of one part.

    Attributes:
        part: its name.
        population: what they are.
        names: of the A networks.
        macs: (A,) multiply-accumulates of one image, NaN until something is trained.
        accuracy: training → (A, R) accuracies in [0, 1], NaN where missing.
        classes: (A,) equal numbers for networks that compute one function, or ``None``.
    """

    part: str
    population: str
    names: tuple[str, ...]
    macs: Floats
    accuracy: Mapping[Training, Floats]
    classes: NDArray[np.int64] | None = None


def _motivation(results: Results) -> Iterator[_Networks]:
    for name, part in results.parts(MotivationPart):
        models = results.resolved.motivation[name]
        drawn = "named" if part.architectures else f"distinct functions, seed {part.seed}"
        trained = {
            training: [
                [
                    results.trained(
                        results.expansion.train(model, training, r, recipe="motivation")
                    )
                    for r in results.replicates
                ]
                for model in models
            ]
            for training in part.trainings
        }
        yield _Networks(
            part=name,
            population=f"{part.space}: {len(models)} {drawn}",
            names=tuple(model.label for model in models),
            macs=np.array(
                [_macs([m for of in trained.values() for m in of[a]]) for a in range(len(models))]
            ),
            accuracy={t: np.array([accuracies(m) for m in of]) for t, of in trained.items()},
        )


def _macs(metrics: list[TrainMetrics | None]) -> float:
    """Of the first finished training; datasets differ in the classifier alone."""
    return next((float(m.macs) for m in metrics if m is not None), np.nan)


def _population(results: Results) -> Iterator[_Networks]:
    names = tuple(member.architecture for member in results.resolved.population)
    for _, networks in populations(results):
        yield _Networks(
            part=networks.part,
            population=str(networks.population),
            names=names,
            macs=networks.predictors["macs"],
            accuracy=networks.accuracy,
            classes=networks.classes,
        )


def _comparisons(results: Results, networks: _Networks) -> Iterator[tuple[Training, Training]]:
    """A balanced training and a long-tailed one of the same dataset."""
    conditions = {training: results.facts(training).condition for training in networks.accuracy}
    for balanced, tailed in product(conditions, conditions):
        first, second = conditions[balanced], conditions[tailed]
        if first.ratio == 1 and second.ratio != 1 and first.dataset == second.dataset:
            yield balanced, tailed


def _rows(
    results: Results, networks: _Networks, balanced: Training, tailed: Training
) -> Iterator[Row]:
    """Rows of one comparison; their p-values are adjusted together."""
    on_balanced, on_tailed = (networks.accuracy[t] for t in (balanced, tailed))
    matched = matched_pairs(on_balanced, networks.macs, classes=networks.classes, level=LEVEL)
    rows = [_pair(networks, on_balanced, on_tailed, *pair) for pair in matched.pairs]
    adjusted = holm([row["difference_p_adjusted"] for row in rows])
    for row, p in zip(rows, adjusted, strict=True):
        row |= {"difference_p_adjusted": p, "differs": None if p is None else p <= 1 - LEVEL}
    common = {
        "part": networks.part,
        "balanced": balanced.condition,
        "balanced_scheme": balanced.scheme,
        "long_tailed": tailed.condition,
        "long_tailed_scheme": tailed.scheme,
        "n_missing": int(np.isnan(on_balanced).sum() + np.isnan(on_tailed).sum()),
        "class_orders": results.class_orders(tailed),
        "population": networks.population,
        "n_architectures": len(networks.names),
        **_of_all(matched, on_tailed),
        "n_differ": sum(row["differs"] is True for row in rows),
    }
    for row in rows or [{"n_replicates": on_tailed.shape[1]}]:
        yield {**common, **row}


def _pair(
    networks: _Networks, on_balanced: Floats, on_tailed: Floats, first: int, second: int
) -> Row:
    interval = t_interval(100 * on_tailed[first], 100 * on_tailed[second])
    of_both = [100 * on_tailed[place] for place in (first, second)]
    complete = ~np.isnan(of_both).any(axis=0)
    means = [float(each[complete].mean()) if complete.any() else None for each in of_both]
    return {
        "first": networks.names[first],
        "second": networks.names[second],
        "first_macs": networks.macs[first],
        "second_macs": networks.macs[second],
        "balanced_first": 100 * float(on_balanced[first].mean()),
        "balanced_second": 100 * float(on_balanced[second].mean()),
        "long_tailed_first": means[0],
        "long_tailed_second": means[1],
        "difference": interval.mean,
        "difference_low": interval.low,
        "difference_high": interval.high,
        "difference_p_adjusted": interval.p_value,
        "n_replicates": interval.n,
    }


def _of_all(matched: MatchedPairs, on_tailed: Floats) -> Row:
    """What all pairs of a comparison say together."""
    differences = [100 * (on_tailed[i] - on_tailed[j]) for i, j in matched.pairs]
    typical, p_value = spread(differences)
    return {
        "balanced_limit": None if matched.limit is None else 100 * matched.limit,
        "n_pairs": len(matched.pairs),
        "typical_difference": typical,
        "typical_p_value": p_value,
        "note": matched.note or None,
    }
