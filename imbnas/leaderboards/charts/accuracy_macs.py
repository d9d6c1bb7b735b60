"""What a network reaches, against what it computes."""

from collections.abc import Mapping

import pandas as pd

from imbnas.leaderboards.chart_data import networks
from imbnas.leaderboards.chart_data.names import shortened
from imbnas.leaderboards.charts.axes import linear, logarithmic, short
from imbnas.leaderboards.charts.chart import (
    Axis,
    Chart,
    Dots,
    Key,
    Look,
    Panel,
    Point,
    TableRow,
    TableRows,
)
from imbnas.leaderboards.tables.architectures import trainings

_KINDS = {
    networks.SEARCHED: Look("blue"),
    networks.BASELINE: Look("orange", "square", filled=False),
    networks.PRETRAINED: Look("green", "diamond", size=8),
}
_POPULATION = Look("grey", size=3.5)
_CROWD = 4
"""This many searched networks beside baselines have a closer view of their own."""


def chart(tables: Mapping[str, pd.DataFrame]) -> Chart | None:
    """Accuracy with its SD against MACs, on one training; a crowd of searched ones twice.

    Returns:
        ``None`` where nothing is trained on a target.
    """
    located = networks.located(tables["baselines"])
    training = _training(tables, located)
    if training is None:
        return None
    points = located[located["training"].eq(training)]
    population = _population(tables["architectures"], training)
    records: TableRows = points.to_dict("records")
    numbers = {row["label"]: number for number, row in enumerate(records, start=1)}
    searched = [row for row in records if row["kind"] == networks.SEARCHED]
    others = [row for row in records if row["kind"] != networks.SEARCHED]
    closer = bool(others) and len(searched) >= _CROWD
    panels = [_panel("all networks", records, population, others if closer else records, numbers)]
    if closer:
        panels.append(_panel("closer: the searched ones", searched, [], searched, numbers))
    keys = [Key(look, kind) for kind, look in _KINDS.items() if points["kind"].eq(kind).any()]
    if population:
        keys.append(Key(_POPULATION, "population"))
    return Chart(
        name="accuracy_macs",
        question="What does accuracy cost?",
        caption=(
            f"Mean per-class test accuracy on {training} against the multiply-accumulates of one "
            "image: upper left is better. Bars: one standard deviation over replicates."
        ),
        panels=tuple(panels),
        keys=tuple(keys),
        names=tuple(
            Key(_KINDS[row["kind"]], f"{numbers[row['label']]}  {shortened(str(row['label']))}")
            for row in records
        ),
    )


def _training(tables: Mapping[str, pd.DataFrame], located: pd.DataFrame) -> str | None:
    """The first target, unless baselines were trained on another one only."""
    table = tables["architectures"]
    targets = [each for each in trainings(table.columns)[1:] if table[f"mean {each}"].notna().any()]
    trained = list(dict.fromkeys(located["training"]))
    shared = [target for target in targets if target in trained]
    return next(iter([*shared, *trained, *targets]), None)


def _population(table: pd.DataFrame, training: str) -> TableRows:
    column = f"mean {training}"
    if column not in table:
        return []
    known = table[table[column].notna() & table["macs"].notna()]
    return [
        {"label": name, "macs": float(macs), "accuracy": float(mean), "sd": None}
        for name, macs, mean in zip(
            known["architecture"], known["macs"], known[column], strict=True
        )
    ]


def _panel(
    title: str,
    shown: TableRows,
    population: TableRows,
    numbered: TableRows,
    numbers: Mapping[str, int],
) -> Panel:
    wanted = {row["label"] for row in numbered}
    kinds = {
        look: [
            _point(row, numbers[row["label"]] if row["label"] in wanted else None)
            for row in shown
            if row["kind"] == kind
        ]
        for kind, look in _KINDS.items()
    }
    everything = {_POPULATION: [_point(row) for row in population], **kinds}
    points = [point for held in everything.values() for point in held]
    ends = [end for point in points for end in (point.y, point.low, point.high) if end is not None]
    return Panel(
        title=title,
        x=_macs([point.x for point in points]),
        y=linear("accuracy (%)", ends, 0, 100),
        dots=tuple(Dots(look, tuple(held)) for look, held in everything.items() if held),
    )


def _point(row: TableRow, number: int | None = None) -> Point:
    accuracy, sd = row["accuracy"], row["sd"]
    text = f"{accuracy:.2f} %" + ("" if sd is None else f" ± {sd:.2f}")
    return Point(
        x=row["macs"],
        y=accuracy,
        low=None if sd is None else accuracy - sd,
        high=None if sd is None else accuracy + sd,
        number="" if number is None else str(number),
        text=f"{row['label']}\n{text}, {short(row['macs'])} multiply-accumulates",
        network=str(row.get("network", row["label"])),
    )


def _macs(values: list[float]) -> Axis:
    title = "multiply-accumulates of one image"
    if max(values) > networks.NARROW * min(values) > 0:
        return logarithmic(title, values)
    axis = linear(title, values)
    return Axis(title, axis.low, axis.high, tuple((at, short(at)) for at, _ in axis.ticks))
