"""A statement over class orders: does imbalance as such change the ranking, or one order of it?"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared import summary
from imbnas.leaderboards.tables.shared.comparisons import Comparison, compare
from imbnas.leaderboards.tables.shared.networks import populations
from imbnas.stats import t_interval
from imbnas.suites.schema import Training, TransferPart
from imbnas.units.conditions import parse_condition

COLUMNS = (
    "part", "x", "x_scheme", "y", "y_scheme", "orders", "n_orders", "tau_mean", "tau_sd",
    "tau_low", "tau_high", "ceiling_mean", "difference_mean", "difference_low", "difference_high",
    "n_changed", "n_missing", "population", "n_architectures", "n_replicates", "protocol",
    "fidelity",
)  # fmt: skip
ORDERS_NEEDED = 3
"""Class orders that a claim about imbalance as such, not about these classes, needs."""

Group = tuple[str, str]
"""Name of a condition without its order, and a scheme."""


def class_orders(results: Results) -> pd.DataFrame:
    """One row for each balanced training of a part and each condition in at least three orders.

    - ``x``: the balanced training; ``y``: the imbalanced condition, its order left out, as the
      part's trainings have it in the ``n_orders`` orders that ``orders`` names.
    - ``tau_mean``, ``tau_sd``: of ``tau_b`` in ``rank_correlation`` over orders; ``tau_low``,
      ``tau_high``: 95% t-interval of the mean over other orders, for these architectures.
    - ``difference_mean``: of noise ceiling − tau, with such an interval; ``ceiling_mean``.
    - ``n_changed``: orders whose verdict is *changed*, corrected as in ``rank_correlation``.
    - ``n_missing``: orders that have no tau.
    """
    rows = [
        {**row, **results.scope, "part": networks.part}
        for part, networks in populations(results)
        if (groups := _groups(part))
        for row in _rows(part, groups, compare(results, networks))
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _groups(part: TransferPart) -> dict[Group, list[Training]]:
    """Condition without order and scheme → trainings, where there are enough orders."""
    found = defaultdict(list)
    for training in part.trainings:
        condition = parse_condition(training.condition)
        if condition.ratio != 1:
            plain = condition.model_copy(update={"order": "identity"})
            found[plain.name, training.scheme].append(training)
    return {group: each for group, each in found.items() if len(each) >= ORDERS_NEEDED}


def _rows(
    part: TransferPart, groups: dict[Group, list[Training]], compared: Sequence[Comparison]
) -> Iterator[dict[str, object]]:
    known = {frozenset((each.x, each.y)): each for each in compared}
    for x in part.trainings:
        if parse_condition(x.condition).ratio != 1:
            continue
        for (condition, scheme), trainings in groups.items():
            pairs = [known[frozenset((x, training))] for training in trainings]
            orders = sorted(str(parse_condition(t.condition).order) for t in trainings)
            yield {
                "x": x.condition,
                "x_scheme": x.scheme,
                "y": condition,
                "y_scheme": scheme,
                "orders": ", ".join(orders),
                "n_orders": len(orders),
                **_over_orders(pairs),
            }


def _over_orders(pairs: Sequence[Comparison]) -> dict[str, object]:
    transfers = [pair.transfer for pair in pairs if pair.transfer.tau_b is not None]
    taus = [t.tau_b for t in transfers if t.tau_b is not None]
    ceilings = [t.noise_ceiling for t in transfers if t.noise_ceiling is not None]
    differences = [t.difference for t in transfers if t.difference is not None]
    tau, difference = (t_interval(each, np.zeros(len(each))) for each in (taus, differences))
    return {
        "tau_mean": tau.mean,
        "tau_sd": summary.sd(taus),
        "tau_low": tau.low,
        "tau_high": tau.high,
        "ceiling_mean": summary.mean(ceilings),
        "difference_mean": difference.mean,
        "difference_low": difference.low,
        "difference_high": difference.high,
        "n_changed": sum(t.verdict == "changed" for t in transfers),
        "n_missing": len(pairs) - len(taus),
    }
