"""The strategies of an adaptation part against each other, by what they are worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared import strategy_values
from imbnas.stats import Comparison, compare_values
from imbnas.stats.comparison import Better, Difference
from imbnas.suites.schema import AdaptationPart

LEVEL = 0.95
REFERENCES = ("p0", "p3")
"""Strategies that all others are compared with, searched by the fidelity's own searcher."""
METRICS: dict[str, Better] = {"accuracy": "higher", "tau": "higher", "regret": "lower"}
"""Metric → whether high or low values are good."""
COLUMNS = tuple(
    f"{metric}_{column}"
    for metric in METRICS
    for column in ("rank", "rank_low", "rank_high", *(f"vs_{name}" for name in REFERENCES))
)

Verdict = Literal["better", "worse", "no difference shown"]


@dataclass(frozen=True)
class Contender:
    """A strategy with one of the part's searchers.

    Attributes:
        strategy: its label.
        searcher: its label.
        own: whether that is the fidelity's own searcher.
    """

    strategy: str
    searcher: str
    own: bool

    @property
    def label(self) -> str:
        """The strategy's label; with the searcher where it is another than the fidelity's own."""
        return self.strategy if self.own else f"{self.strategy} by {self.searcher}"


def contenders(results: Results, part: AdaptationPart) -> list[Contender]:
    """Every strategy of a part with every searcher, the fidelity's own first."""
    own, *further = results.expansion.searchers(part)
    return [
        Contender(strategy, searcher, searcher == own)
        for strategy in part.choices
        for searcher in (own, *further)
    ]


@dataclass(frozen=True)
class Standings:
    """Comparisons by metric; tau and regret do not depend on the searcher.

    Attributes:
        contenders: label → contender.
        comparisons: metric → comparison of all contenders that it tells apart; tau and regret
            are missing where the population is not trained on the target.
    """

    contenders: Mapping[str, Contender]
    comparisons: Mapping[str, Comparison]

    @classmethod
    def of(cls, results: Results, part: AdaptationPart) -> "Standings":
        """Compare the strategies of a part of one route."""
        entered = {each.label: each for each in contenders(results, part)}
        retrained = {
            label: strategy_values.accuracies(results, part, each.strategy, each.searcher)
            for label, each in entered.items()
        }
        comparisons = {
            "accuracy": compare_values(
                retrained, REFERENCES, better=METRICS["accuracy"], level=LEVEL
            )
        }
        taus = strategy_values.compared_taus(results, part, REFERENCES, LEVEL)
        if taus is not None:
            lost = {each: strategy_values.regrets(results, part, each) for each in part.choices}
            comparisons["tau"] = taus
            comparisons["regret"] = compare_values(
                lost, REFERENCES, better=METRICS["regret"], level=LEVEL
            )
        return cls(entered, comparisons)

    def row(self, label: str) -> dict[str, Any]:
        """Columns ``COLUMNS`` of one contender; empty where a metric says nothing of it."""
        found: dict[str, Any] = {}
        for metric, comparison in self.comparisons.items():
            for rank in comparison.ranks:
                if rank.name == label and rank.rank is not None:
                    bounds = (rank.rank, rank.low, rank.high)
                    names = (f"{metric}_{column}" for column in ("rank", "rank_low", "rank_high"))
                    found |= dict(zip(names, bounds, strict=True))
            for difference in comparison.differences:
                if difference.first == label:
                    found[f"{metric}_vs_{difference.second}"] = verdict(metric, difference)
        return found

    def difference(self, metric: str, label: str, reference: str) -> Difference | None:
        """The difference of a contender to a reference, if the part has both."""
        rows = self.comparisons[metric].differences
        found = (row for row in rows if (row.first, row.second) == (label, reference))
        return next(found, None)


def verdict(metric: str, difference: Difference) -> Verdict | None:
    """What the data say about a contender and a reference.

    Returns:
        ``None`` where there is no interval.
    """
    if difference.mean is None or difference.low is None:
        return None
    # Absorbs the rounding of 1 − 0.95.
    if difference.p_adjusted is None or difference.p_adjusted > 1 - LEVEL + 1e-12:
        return "no difference shown"
    return "better" if (difference.mean > 0) == (METRICS[metric] == "higher") else "worse"
