"""Does search pay? Found architectures against the best baseline of no more MACs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared import summary
from imbnas.leaderboards.tables.shared.summary import Metrics, mean
from imbnas.stats import t_interval
from imbnas.suites.schema import AdaptationPart, BaselinesPart, Training

COLUMNS = (
    "part", "strategy", "condition", "scheme", "baseline", "found_accuracy", "baseline_accuracy",
    "difference", "difference_low", "difference_high", "found_macs", "baseline_macs", "chosen_on",
    "n_baselines", "n_pairs", "n_unmatched", "n_missing", "n_replicates",
    "protocol", "fidelity",
)  # fmt: skip


def matched_budget(results: Results) -> pd.DataFrame:
    """One row per strategy and training: what it found minus the best baseline of no more MACs.

    Replicate by replicate the budget is the MACs of the architecture that was found there, and
    the baseline is the one with the best mean accuracy among those within the budget *on the
    other replicates* (``chosen_on``), so that it does not profit from the noise of the replicate
    it is compared on. With a single complete replicate there is no other one: it is then chosen
    on the same, which favours the baseline, and there is no interval.

    - Baselines are those that a part trains from scratch on the same condition by the same
      scheme, ``n_baselines`` in number; pretrained ones never take part.
    - ``baseline``: which were chosen, and in how many replicates each.
    - ``difference`` (percentage points): found − baseline, paired by replicate (both see the same
      subset), with a 95% t-interval over replicates.
    - ``found_macs``, ``baseline_macs``, ``found_accuracy`` (percent), ``baseline_accuracy``
      (percent): means over the ``n_pairs`` pairs.
    - ``n_unmatched``: replicates whose architecture is cheaper than every baseline.
    - ``n_missing``: replicates in which the found architecture or a baseline is not trained.
    """
    rows = [
        row for name, part in results.parts(AdaptationPart) for row in _rows(results, name, part)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return summary.with_whole_numbers(table, "found_macs", "baseline_macs")


def _rows(results: Results, name: str, part: AdaptationPart) -> Iterator[dict[str, object]]:
    for strategy in part.choices:
        for training in part.retrained_on:
            rivals = _baselines_on(results, training)
            if rivals:
                found = Trained.of(results.retrained(part, strategy, training))
                yield {
                    "part": name,
                    "strategy": strategy,
                    "condition": training.condition,
                    "scheme": training.scheme,
                    **_comparison(found, rivals),
                    **results.scope,
                }


class Trained(NamedTuple):
    """One model, or what one strategy found, by replicate; NaN where a training is missing.

    Attributes:
        accuracy: (R,) mean per-class test recall in percent.
        macs: (R,) multiply-accumulates of one image.
    """

    accuracy: Floats
    macs: Floats

    @classmethod
    def of(cls, metrics: Metrics) -> "Trained":
        """Read the metrics of each replicate."""
        return cls(
            accuracy=100 * summary.accuracies(metrics),
            macs=np.array([np.nan if m is None else float(m.macs) for m in metrics]),
        )


def _baselines_on(results: Results, training: Training) -> dict[str, Trained]:
    """The models that any part trains from scratch on a training, by name."""
    labels = {
        label
        for _, part in results.parts(BaselinesPart)
        if not part.pretrained and training in part.trainings
        for label in part.labels
    }
    return {
        label: Trained.of(results.model_metrics(results.resolved.baselines[label].model, training))
        for label in sorted(labels)
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
    macs = np.nan_to_num([baseline.macs for baseline in baselines]).max(axis=1)
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


def _comparison(found: Trained, rivals: dict[str, Trained]) -> dict[str, object]:
    names, baselines = list(rivals), list(rivals.values())
    pairing = match(found, baselines)
    pairs = pairing.chosen
    ours = [float(found.accuracy[r]) for r, _ in pairs]
    theirs = [float(baselines[b].accuracy[r]) for r, b in pairs]
    interval = t_interval(ours, theirs)
    chosen_on = "other replicates" if pairing.on_others else "the same replicate"
    return {
        "baseline": _named(Counter(names[b] for _, b in pairs)),
        "found_accuracy": mean(ours),
        "baseline_accuracy": mean(theirs),
        "difference": interval.mean,
        "difference_low": interval.low,
        "difference_high": interval.high,
        "found_macs": mean([float(found.macs[r]) for r, _ in pairs]),
        "baseline_macs": mean([float(baselines[b].macs[r]) for r, b in pairs]),
        "chosen_on": chosen_on if pairs else None,
        "n_baselines": len(rivals),
        "n_pairs": len(pairs),
        "n_unmatched": pairing.n_unmatched,
        "n_missing": pairing.n_missing,
    }


def _named(chosen: Counter[str]) -> str | None:
    """``a`` for one baseline, else ``a (4), b (2)``, the most frequent first."""
    if len(chosen) == 1:
        return next(iter(chosen))
    ordered = sorted(chosen.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ({times})" for name, times in ordered) or None
