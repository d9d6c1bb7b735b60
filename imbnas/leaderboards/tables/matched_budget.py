"""Does search pay? Found architectures against baselines of no more MACs, and of any."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared import summary
from imbnas.leaderboards.tables.shared.summary import Metrics, mean
from imbnas.stats import TInterval, holm, jackknife_interval
from imbnas.suites.schema import AdaptationPart, BaselinesPart, Training

COLUMNS = (
    "part", "strategy", "condition", "scheme", "baseline", "found_accuracy", "baseline_accuracy",
    "difference", "difference_low", "difference_high", "found_macs", "baseline_macs", "chosen_on",
    "n_baselines", "n_pairs", "n_unmatched", "n_missing", "n_replicates",
    "protocol", "fidelity", "difference_p_adjusted", "note", "best_baseline", "best_accuracy",
    "best_difference", "best_difference_low", "best_difference_high",
    "best_difference_p_adjusted", "best_macs", "best_macs_ratio", "found_few", "best_few",
    "searcher",
)  # fmt: skip

Row = dict[str, Any]


def matched_budget(results: Results) -> pd.DataFrame:
    """What strategies found minus the best baseline of no more MACs.

    One row per strategy, training and searcher.

    Replicate by replicate the budget is the MACs of the architecture that was found there, and
    the baseline is the one with the best mean accuracy among those within the budget *on the
    other replicates* (``chosen_on``), so that it does not profit from the noise of the replicate
    it is compared on. With a single complete replicate there is no other one: it is then chosen
    on the same, which favours the baseline, and there is no interval.

    - Baselines are those that a part trains from scratch on the same condition by the same
      scheme, ``n_baselines`` in number; pretrained ones never take part.
    - ``baseline``: which were chosen, and in how many replicates each.
    - ``difference`` (percentage points): found − baseline, paired by replicate (both see the same
      subset where a found architecture is trained once), with a 95% interval over replicates, from
      three on. It leaves out whole replicates (jackknife), since each also chooses the baselines
      of the others; where the choice never changes it is Student's. ``difference_p_adjusted`` is
      that of "there is none", after Holm's correction over the strategies and searchers of a part
      and training.
    - ``found_macs``, ``baseline_macs``, ``found_accuracy`` (percent), ``baseline_accuracy``
      (percent): means over the ``n_pairs`` pairs.
    - ``n_unmatched``: replicates whose architecture is cheaper than every baseline.
    - ``n_missing``: replicates in which the found architecture or a baseline is not trained.
    - ``note``: why there is no difference, or no interval of it.

    Columns ``best_…`` are for those who may spend more: they compare with the best baseline at any
    cost, chosen and paired alike, over all replicates in which nothing is missing.
    ``best_macs_ratio`` is what it costs, mean MACs over those of what was found; ``found_few`` and
    ``best_few`` (percent) are mean recalls of the classes with few images, empty where the
    condition has none.
    """
    rows = [
        row for name, part in results.parts(AdaptationPart) for row in _rows(results, name, part)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return summary.with_whole_numbers(table, "found_macs", "baseline_macs", "best_macs")


def _rows(results: Results, name: str, part: AdaptationPart) -> Iterator[Row]:
    """Rows of a part: those of one strategy and searcher stand together."""
    families = [_family(results, part, training) for training in part.retrained_on]
    for of_strategy in zip(*filter(None, families), strict=True):
        for row in of_strategy:
            yield {"part": name, **row, **results.scope}


def _family(results: Results, part: AdaptationPart, training: Training) -> list[Row]:
    """One row per strategy and searcher; their p-values are adjusted together."""
    rivals = _baselines_on(results, training)
    if not rivals:
        return []
    few, rows = results.facts(training).groups.get("few"), []
    for strategy, searcher in product(part.choices, results.expansion.searchers(part)):
        found = Trained.of(results.retrained(part, strategy, training, searcher), few)
        row = {
            "strategy": strategy,
            "searcher": searcher,
            "condition": training.condition,
            "scheme": training.scheme,
            **_within_budget(found, rivals),
            **_at_any_cost(found, rivals),
        }
        rows.append(row)
    for column in ("difference_p_adjusted", "best_difference_p_adjusted"):
        awaited = sum(row[column] is None and row["n_missing"] > 0 for row in rows)
        adjusted = holm([row[column] for row in rows], awaited=awaited)
        for row, p in zip(rows, adjusted, strict=True):
            row[column] = p
    return rows


class Trained(NamedTuple):
    """One model, or what one strategy found, by replicate; NaN where a training is missing.

    Attributes:
        accuracy: (R,) mean per-class test recall in percent.
        macs: (R,) multiply-accumulates of one image.
        few: (R,) mean recall of the classes with few images in percent; NaN where there are none.
    """

    accuracy: Floats
    macs: Floats
    few: Floats

    @classmethod
    def of(cls, metrics: Metrics, few: Sequence[int] | None) -> "Trained":
        """Read the metrics of each replicate.

        Args:
            metrics: one entry per replicate.
            few: classes with few images, if there are any.
        """
        return cls(
            accuracy=100 * summary.accuracies(metrics),
            macs=np.array([np.nan if m is None else float(m.macs) for m in metrics]),
            few=100 * summary.accuracies(metrics, few or ()),
        )

    def without(self, replicate: int) -> "Trained":
        """All other replicates."""
        return Trained(*(np.delete(values, replicate) for values in self))


def _baselines_on(results: Results, training: Training) -> dict[str, Trained]:
    """The models that any part trains from scratch on a training, by name."""
    labels = {
        label
        for _, part in results.parts(BaselinesPart)
        if not part.pretrained and training in part.trainings
        for label in part.labels
    }
    few = results.facts(training).groups.get("few")
    models = {label: results.resolved.baselines[label].model for label in sorted(labels)}
    return {
        label: Trained.of(results.model_metrics(model, training), few)
        for label, model in models.items()
    }


class Pairing(NamedTuple):
    """Which baseline each found architecture is compared with.

    Attributes:
        chosen: (replicate, index of the baseline), by replicate.
        n_unmatched: complete replicates without a baseline within the budget.
        n_missing: replicates in which a training is missing.
        on_others: whether baselines were chosen on other replicates than they are compared on.
    """

    chosen: tuple[tuple[int, int], ...]
    n_unmatched: int
    n_missing: int
    on_others: bool


def match(found: Trained, baselines: Sequence[Trained]) -> Pairing:
    """Choose a baseline within the budget for every replicate in which nothing is missing.

    Args:
        found: the architectures that a strategy found.
        baselines: at least one, trained in the same replicates.
    """
    accuracy = np.array([baseline.accuracy for baseline in baselines])
    # Without one replicate of one, nothing is left.
    macs = np.nan_to_num([baseline.macs for baseline in baselines]).max(axis=1, initial=0)
    trained = np.flatnonzero(~np.isnan(accuracy).any(axis=0))
    complete = [int(r) for r in trained if not np.isnan(found.accuracy[r])]
    on_others = len(trained) > 1
    chosen = []
    for replicate in complete:
        judged_on = trained[trained != replicate] if on_others else trained
        fitting = np.flatnonzero(macs <= found.macs[replicate])
        if len(fitting):
            best = fitting[np.argmax(accuracy[np.ix_(fitting, judged_on)].mean(axis=1))]
            chosen.append((replicate, int(best)))
    return Pairing(
        chosen=tuple(chosen),
        n_unmatched=len(complete) - len(chosen),
        n_missing=len(found.accuracy) - len(complete),
        on_others=on_others,
    )


class Pairs(NamedTuple):
    """Found architectures and the baselines they are compared with, pair by pair.

    Attributes:
        names: of the baselines.
        ours: (P,) of what was found.
        theirs: (P,) of the baselines.
        interval: of the accuracy of the former minus that of the latter.
    """

    names: tuple[str, ...]
    ours: Trained
    theirs: Trained
    interval: TInterval


def _pairs(
    found: Trained, rivals: Mapping[str, Trained], pairing: Pairing, interval: TInterval
) -> Pairs:
    names, baselines = list(rivals), list(rivals.values())
    ours = _stacked((found, r) for r, _ in pairing.chosen)
    theirs = _stacked((baselines[b], r) for r, b in pairing.chosen)
    named = tuple(names[b] for _, b in pairing.chosen)
    return Pairs(named, ours, theirs, interval)


def _interval(found: Trained, baselines: Sequence[Trained], pairing: Pairing) -> TInterval:
    """Leaves out each paired replicate in turn: its pair, and its word on the other pairs."""

    def difference(kept: Trained, rivals: Sequence[Trained], chosen: Pairing) -> float:
        values = [kept.accuracy[r] - rivals[b].accuracy[r] for r, b in chosen.chosen]
        return float(np.mean(values)) if values else math.nan

    without = []
    for replicate, _ in pairing.chosen:
        kept = found.without(replicate)
        rivals = [baseline.without(replicate) for baseline in baselines]
        without.append(difference(kept, rivals, match(kept, rivals)))
    return jackknife_interval(difference(found, baselines, pairing), without)


def _stacked(chosen: Iterable[tuple[Trained, int]]) -> Trained:
    """One replicate of each."""
    rows = [[values[r] for values in trained] for trained, r in chosen]
    return Trained(*np.array(rows, dtype=np.float64).reshape(-1, len(Trained._fields)).T)


def _within_budget(found: Trained, rivals: Mapping[str, Trained]) -> Row:
    baselines = list(rivals.values())
    pairing = match(found, baselines)
    pairs = _pairs(found, rivals, pairing, _interval(found, baselines, pairing))
    chosen_on = "other replicates" if pairing.on_others else "the same replicate"
    return {
        "baseline": _named(Counter(pairs.names)),
        "found_accuracy": mean(pairs.ours.accuracy),
        "baseline_accuracy": mean(pairs.theirs.accuracy),
        "difference": pairs.interval.mean,
        "difference_low": pairs.interval.low,
        "difference_high": pairs.interval.high,
        "difference_p_adjusted": pairs.interval.p_value,
        "found_macs": mean(pairs.ours.macs),
        "baseline_macs": mean(pairs.theirs.macs),
        "chosen_on": chosen_on if pairing.chosen else None,
        "n_baselines": len(rivals),
        "n_pairs": len(pairing.chosen),
        "n_unmatched": pairing.n_unmatched,
        "n_missing": pairing.n_missing,
        "note": _note(found, rivals, pairing, pairs.interval),
    }


def _note(
    found: Trained, rivals: Mapping[str, Trained], pairing: Pairing, interval: TInterval
) -> str | None:
    if not pairing.chosen and pairing.n_unmatched:
        cheapest = min(float(np.nanmax(baseline.macs)) for baseline in rivals.values())
        return (
            f"nothing matches: the cheapest baseline takes {cheapest:,.0f} multiply-accumulates, "
            f"what was found at most {np.nanmax(found.macs):,.0f}"
        )
    return interval.note or None


def _at_any_cost(found: Trained, rivals: Mapping[str, Trained]) -> Row:
    unlimited = found._replace(macs=np.full_like(found.macs, np.inf))
    baselines = list(rivals.values())
    pairing = match(unlimited, baselines)
    pairs = _pairs(found, rivals, pairing, _interval(unlimited, baselines, pairing))
    ours, theirs = mean(pairs.ours.macs), mean(pairs.theirs.macs)
    return {
        "best_baseline": _named(Counter(pairs.names)),
        "best_accuracy": mean(pairs.theirs.accuracy),
        "best_difference": pairs.interval.mean,
        "best_difference_low": pairs.interval.low,
        "best_difference_high": pairs.interval.high,
        "best_difference_p_adjusted": pairs.interval.p_value,
        "best_macs": theirs,
        "best_macs_ratio": theirs / ours if ours and theirs else None,
        "found_few": mean(pairs.ours.few),
        "best_few": mean(pairs.theirs.few),
    }


def _named(chosen: Counter[str]) -> str | None:
    """``a`` for one baseline, else ``a (4), b (2)``, the most frequent first."""
    if len(chosen) == 1:
        return next(iter(chosen))
    ordered = sorted(chosen.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ({times})" for name, times in ordered) or None
