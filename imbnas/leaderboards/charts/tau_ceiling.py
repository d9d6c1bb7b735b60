"""How far rankings agree, beside what noise alone would leave."""

from collections.abc import Mapping

import pandas as pd

from imbnas.leaderboards.chart_data.correlations import transfer_rows
from imbnas.leaderboards.chart_data.verdicts import by_verdict
from imbnas.leaderboards.charts.axes import known, linear
from imbnas.leaderboards.charts.chart import (
    Chart,
    Dots,
    Key,
    Look,
    Panel,
    Point,
    Row,
    TableRow,
    TableRows,
)
from imbnas.leaderboards.charts.names import LINE, broken

MOST_ROWS = 24
_TAU = {
    "changed": (Look("orange", "diamond", size=8), "tau-b: changed"),
    "not distinguishable from noise": (Look("green"), "tau-b: not distinguishable from noise"),
    "inconclusive": (Look("blue", "circle", filled=False), "tau-b: inconclusive"),
    "": (Look("grey", "square", filled=False), "tau-b: no verdict"),
}
_CEILING = Look("grey", "bar", size=13)
_BOUNDS = ("ci_low", "ci_high", "noise_ceiling", "ceiling_low", "ceiling_high")


def chart(tables: Mapping[str, pd.DataFrame]) -> Chart | None:
    """tau-b of every two trainings with its interval and its ceiling; *changed* ones first.

    Returns:
        ``None`` where no pair of trainings has a tau-b.
    """
    rows = by_verdict(transfer_rows(tables["rank_correlation"]))
    if rows.empty:
        return None
    shown: TableRows = rows.head(MOST_ROWS).to_dict("records")
    verdicts = [_verdict(row) for row in shown]
    values = [0.0, 1.0, *known(row.get(name) for row in shown for name in ("tau_b", *_BOUNDS))]
    cut = f" The first {len(shown)} of {len(rows)}; the table has all." * (len(rows) > len(shown))
    panel = Panel(
        title="",
        x=linear("Kendall's tau-b (1: equal, 0: unrelated)", values, -1, 1),
        y=None,
        dots=(
            Dots(_CEILING, tuple(_ceilings(shown)), thick=True),
            *(
                Dots(look, tuple(_taus(shown, verdicts, verdict)))
                for verdict, (look, _) in _TAU.items()
                if verdict in verdicts
            ),
        ),
        rows=tuple(Row(_names(row)) for row in shown),
    )
    keys = [Key(*_TAU[verdict]) for verdict in _TAU if verdict in verdicts]
    return Chart(
        name="tau_ceiling",
        question="Do rankings carry over?",
        caption=(
            "One row for every two trainings: tau-b with its 95% interval, and the tau-b that "
            "noise alone would leave to two equal rankings (the ceiling) with its own. A ranking "
            f"changed where tau-b falls short of the ceiling by more than chance explains.{cut}"
        ),
        panels=(panel,),
        keys=(*keys, Key(_CEILING, "noise ceiling, with its 95% interval")),
    )


def _verdict(row: TableRow) -> str:
    return row["verdict"] if row["verdict"] in _TAU else ""


def _names(row: TableRow) -> tuple[str, ...]:
    x, y = f"{row['x']} {row['x_scheme']}", f"{row['y']} {row['y_scheme']}"
    both = f"{x} and {y}"
    if len(both) <= LINE:
        return (both,)
    return (broken(f"{x} and")[0], broken(y)[0])


def _ceilings(shown: TableRows) -> list[Point]:
    return [
        _point(row, at, "noise_ceiling", "ceiling_low", "ceiling_high")
        for at, row in enumerate(shown)
        if pd.notna(row["noise_ceiling"])
    ]


def _taus(shown: TableRows, verdicts: list[str], verdict: str) -> list[Point]:
    return [
        _point(row, at, "tau_b", "ci_low", "ci_high")
        for at, row in enumerate(shown)
        if verdicts[at] == verdict
    ]


def _point(row: TableRow, at: int, middle: str, low: str, high: str) -> Point:
    bounds = [row.get(name) for name in (low, high)]
    whole = all(bound is not None and pd.notna(bound) for bound in bounds)
    what = "tau-b" if middle == "tau_b" else "noise ceiling"
    text = f"{what} {row[middle]:.2f}"
    if whole:
        text += f" ({bounds[0]:.2f} to {bounds[1]:.2f})"
    if middle == "tau_b" and _verdict(row):
        text += f"\n{row['verdict']}"
    ends = (float(bounds[0]), float(bounds[1])) if whole else (None, None)  # type: ignore[arg-type]
    return Point(x=float(row[middle]), y=float(at), low=ends[0], high=ends[1], text=text)
