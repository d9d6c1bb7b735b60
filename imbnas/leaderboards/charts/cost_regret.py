"""What following a strategy loses, and what its adaptation costs."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from imbnas.leaderboards.chart_data.names import shortened
from imbnas.leaderboards.chart_data.regrets import references, regretted, route
from imbnas.leaderboards.charts.axes import SymmetricLog, linear
from imbnas.leaderboards.charts.chart import (
    Chart,
    Dots,
    Key,
    Line,
    Look,
    Panel,
    Point,
    Row,
    TableRow,
    TableRows,
)
from imbnas.leaderboards.charts.names import BESIDE_NOTE

_KINDS = {
    "supernet": (Look("blue"), "by a supernet"),
    "no supernet": (Look("orange", "square", filled=False), "without a supernet"),
}
_DASHES = (Look("grey", "none", dash="dotted"), Look("grey", "none", dash="dashed"))
_REGRET = "regret (percentage points)"


def chart(tables: Mapping[str, pd.DataFrame]) -> Chart | None:
    """Regret of every row, the least first, and beside it regret against cost.

    Returns:
        ``None`` where no row has a regret.
    """
    rows = regretted(tables["adaptation"])
    if rows.empty:
        return None
    records: TableRows = rows.sort_values("regret", kind="stable").to_dict("records")
    lines = dict(zip(references(tables["adaptation"]).items(), _DASHES, strict=False))
    kinds = [kind for kind in _KINDS if rows["kind"].eq(kind).any()]
    ranges = " Ranges of ranks hold together with 95%." * any(map(_range, records))
    return Chart(
        name="cost_regret",
        question="Which strategy loses least, and at what cost?",
        caption=(
            f"{route(rows)}. Regret: by how much the favourite within the population falls short "
            f"of the best. Bars: one standard deviation over replicates.{ranges} Costs are "
            "multiply-accumulates of the adaptation."
        ),
        panels=(_list(records, lines), _plane(records, lines)),
        keys=(
            *(Key(*_KINDS[kind]) for kind in kinds),
            *(Key(look, name) for (name, _), look in lines.items()),
        ),
    )


def _list(records: TableRows, lines: Mapping[tuple[str, float], Look]) -> Panel:
    regrets = [row["regret"] for row in records]
    ends = [row["regret"] + sign * row["regret_sd"] for row in records for sign in (-1, 1)]
    x = linear(_REGRET, [*regrets, *ends, *(regret for _, regret in lines)])
    bottom = len(records) - 0.6
    return Panel(
        title="by strategy",
        x=x,
        y=None,
        dots=_dots(records, lambda at, row: (row["regret"], float(at)), bars=True),
        lines=tuple(
            Line(look, (regret, -0.6), (regret, bottom)) for (_, regret), look in lines.items()
        ),
        rows=tuple(_row(number, row) for number, row in enumerate(records, start=1)),
    )


def _row(number: int, row: TableRow) -> Row:
    name = shortened(str(row["strategy"]), BESIDE_NOTE)
    return Row((f"{number}  {name}",), _range(row), str(row["strategy"]))


def _range(row: TableRow) -> str:
    """Of its ranks; empty where it has none."""
    low, high = (row.get(f"regret_rank_{end}") for end in ("low", "high"))
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return ""
    return f"rank {low:.0f}" if low == high else f"rank {low:.0f} to {high:.0f}"


def _plane(records: TableRows, lines: Mapping[tuple[str, float], Look]) -> Panel:
    costs = [row["cost_ratio"] for row in records]
    scale = SymmetricLog.of(costs)
    x = scale.axis("cost (1: a supernet from scratch)", [*costs, 1.0])
    regrets = [row["regret"] for row in records]
    return Panel(
        title="by cost: lower left is better",
        x=x,
        y=linear(_REGRET, [*regrets, *(regret for _, regret in lines)]),
        dots=_dots(records, lambda _, row: (scale.at(row["cost_ratio"]), row["regret"])),
        lines=tuple(
            Line(look, (x.low, regret), (x.high, regret)) for (_, regret), look in lines.items()
        ),
    )


def _dots(records: TableRows, place: Any, bars: bool = False) -> tuple[Dots, ...]:
    """Points by kind; those without bars have numbers."""
    found: dict[str, list[Point]] = {kind: [] for kind in _KINDS}
    for at, row in enumerate(records):
        x, y = place(at, row)
        sd = row["regret_sd"] if bars else None
        point = Point(
            x=x,
            y=y,
            low=None if sd is None else x - sd,
            high=None if sd is None else x + sd,
            number="" if bars else str(at + 1),
            text=(
                f"{row['strategy']}\nregret {row['regret']:.2f} ± {row['regret_sd']:.2f}, "
                f"cost {row['cost_ratio']:.3g}"
            ),
        )
        found[row["kind"]].append(point)
    return tuple(Dots(_KINDS[kind][0], tuple(points)) for kind, points in found.items() if points)
