"""What two strategies of a route say of a claim."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared import strategy_values
from imbnas.leaderboards.tables.shared.evidence import Evidence
from imbnas.stats import Region, row_level, smallest_effect, t_interval
from imbnas.suites.claims import CostClaim, StrategiesClaim
from imbnas.suites.schema import AdaptationPart

_UNITS = {"accuracy": "percentage points", "regret": "percentage points", "tau": "tau"}


@dataclass(frozen=True)
class _Difference:
    """Strategy − reference, its interval, and the replicates that it is of."""

    effect: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class _Row:
    """A claim's strategy on one of its routes."""

    results: Results
    claim: StrategiesClaim
    name: str
    part: AdaptationPart
    strategy: str

    def evidence(self, what: str, found: _Difference, **fields: object) -> Evidence:
        """The evidence of a difference or a ratio."""
        return Evidence(
            part=self.name,
            rests_on=f"adaptation: {what}, {self.part.route_names[0]}",
            effect=found.effect,
            low=found.low,
            high=found.high,
            n_replicates=found.n,
            n_missing=self.results.resolved.replicates - found.n,
            **fields,  # type: ignore[arg-type]
        )


def strategy_evidence(results: Results, claim: StrategiesClaim) -> Iterator[Evidence]:
    """One row for each route and strategy; costs follow in rows of their own."""
    part = results.resolved.suite.parts[claim.part]
    assert isinstance(part, AdaptationPart)  # noqa: S101  # nosec B101 # or it is refused
    routes = zip(part.routes(claim.part).items(), part.route_names, strict=True)
    rows = [
        _Row(results, claim, name, route, strategy)
        for (name, route), conditions in routes
        if not claim.routes or conditions in claim.routes
        for strategy in claim.labels
    ]
    for row in rows:
        yield _of_difference(row, len(rows))
        if isinstance(claim, CostClaim):
            yield _of_cost(row, claim.at_most)


def _of_difference(row: _Row, rows: int) -> Evidence:
    claim, found = row.claim, _difference(row, row_level(rows))
    # Equal differences in every replicate tell no spread, and so no interval.
    spread = found.low != found.high
    low, high = (found.low, found.high) if spread else (None, None)
    return row.evidence(
        f"{claim.metric} of {row.strategy} - {claim.reference}",
        _Difference(found.effect, low, high, found.n),
        unit=_UNITS[claim.metric],
        margin=claim.margin,
        smallest_effect=smallest_effect(low, high, found.n, rows=rows),
        row_answer=_region(claim).answer(low, high),
    )


def _region(claim: StrategiesClaim) -> Region:
    """The differences for which a claim is true."""
    if claim.kind == "no-difference":
        return Region(-claim.margin, claim.margin)
    least = claim.margin if claim.kind == "better" else -claim.margin
    return Region(high=-least) if claim.metric == "regret" else Region(low=least)


def _difference(row: _Row, level: float) -> _Difference:
    results, part, claim = row.results, row.part, row.claim
    pair = (row.strategy, claim.reference)
    if claim.metric == "tau":
        return _difference_of_taus(row, level)
    values_of = {"accuracy": strategy_values.accuracies, "regret": strategy_values.regrets}
    values = [values_of[claim.metric](results, part, strategy) for strategy in pair]
    found = t_interval(*values, level=level)
    return _Difference(found.mean, found.low, found.high, found.n)


def _difference_of_taus(row: _Row, level: float) -> _Difference:
    results, part, reference = row.results, row.part, row.claim.reference
    compared = strategy_values.compared_taus(results, part, [reference], level)
    if compared is None:
        return _Difference(None, None, None, 0)
    found = next(each for each in compared.differences if each.first == row.strategy)
    return _Difference(found.mean, found.low, found.high, found.n)


def _of_cost(row: _Row, at_most: float) -> Evidence:
    """Multiply-accumulates are counted: low and high are the extremes over the replicates."""
    ratios = _cost_ratios(row)
    effect, low, high = (
        (float(np.mean(ratios)), min(ratios), max(ratios)) if ratios else (None, None, None)
    )
    return row.evidence(
        f"multiply-accumulates of {row.strategy} / {row.claim.reference}",
        _Difference(effect, low, high, len(ratios)),
        unit="cost ratio",
        margin=at_most,
        smallest_effect=None,
        row_answer=Region(high=at_most).answer(low, high),
    )


def _cost_ratios(row: _Row) -> list[float]:
    """Of the adaptations of each replicate for which both are known."""
    ratios = []
    for own, other in zip(
        *(row.results.chains(row.part, name) for name in (row.strategy, row.claim.reference)),
        strict=True,
    ):
        spent, whole = (row.results.record(chain.adapt) for chain in (own, other))
        if spent and whole and whole.cost.macs:
            ratios.append(spent.cost.macs / whole.cost.macs)
    return ratios
