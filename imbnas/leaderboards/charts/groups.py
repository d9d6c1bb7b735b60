"""Accuracy on classes with many, medium and few training images."""

from collections.abc import Mapping

import pandas as pd

from imbnas.leaderboards.chart_data import networks
from imbnas.leaderboards.chart_data.names import shortened
from imbnas.leaderboards.charts.axes import linear
from imbnas.leaderboards.charts.chart import Axis, Chart, Dots, Key, Look, Panel, Point, Row

_GROUPS = {
    "many": Look("blue"),
    "medium": Look("green", "square"),
    "few": Look("orange", "diamond", size=8),
}
_TEXTS = {
    "many": "classes with many images",
    "medium": "classes with a medium number",
    "few": "classes with few",
}
_BETWEEN = Look("line", "none")
_ONE_PANEL = 12
"""More rows than these stand in two panels."""
MOST_ROWS = 80
_NAME = 36


def chart(tables: Mapping[str, pd.DataFrame]) -> Chart | None:
    """Accuracy by group of every network on the first training that has groups, best tail first.

    Returns:
        ``None`` where no network has an accuracy on two or more groups of a training.
    """
    bars = networks.grouped(tables["baselines"])
    if bars.empty:
        return None
    training = bars["training"].iloc[0]
    bars = bars[bars["training"].eq(training)]
    groups = [group for group in _GROUPS if bars["group"].eq(group).any()]
    kinds = dict(zip(bars["label"], bars["kind"], strict=True))
    wide = bars.pivot_table(index="label", columns="group", values="accuracy", sort=False)
    ordered = wide.sort_values(groups[-1], ascending=False, kind="stable")
    shown = list(ordered.head(MOST_ROWS).iterrows())
    x = linear("accuracy (%)", list(map(float, bars["accuracy"])), 0, 100)
    half = len(shown) if len(shown) <= _ONE_PANEL else (len(shown) + 1) // 2
    cut = f" The first {len(shown)} of {len(ordered)}." * (len(ordered) > len(shown))
    return Chart(
        name="groups",
        question="Who pays for the tail?",
        caption=(
            f"Mean test accuracy on the classes of {training} with many, medium and few training "
            f"images; best on the classes with {groups[-1]} first.{cut}"
        ),
        panels=tuple(
            _panel(first, shown[first : first + half], kinds, groups, x)
            for first in range(0, len(shown), half)
        ),
        keys=tuple(Key(_GROUPS[group], _TEXTS[group]) for group in groups),
    )


def _panel(
    first: int,
    rows: list[tuple[object, "pd.Series[float]"]],
    kinds: Mapping[object, str],
    groups: list[str],
    x: Axis,
) -> Panel:
    between = tuple(
        Point(float(row.min()), float(at), float(row.min()), float(row.max()))
        for at, (_, row) in enumerate(rows)
    )
    return Panel(
        title=f"{first + 1} to {first + len(rows)}",
        x=x,
        y=None,
        dots=(
            Dots(_BETWEEN, between),
            *(Dots(_GROUPS[group], _points(group, rows)) for group in groups),
        ),
        rows=tuple(
            Row((shortened(str(label), _NAME),), kinds[label], str(label)) for label, _ in rows
        ),
    )


def _points(group: str, rows: list[tuple[object, "pd.Series[float]"]]) -> tuple[Point, ...]:
    return tuple(
        Point(
            float(row[group]),
            float(at),
            text=f"{label}\n{group}: {row[group]:.1f} %",
            network=str(label),
        )
        for at, (label, row) in enumerate(rows)
        if pd.notna(row[group])
    )
