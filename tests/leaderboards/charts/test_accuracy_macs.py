import pandas as pd
import pytest

from imbnas.leaderboards.chart_data.networks import located
from imbnas.leaderboards.charts.accuracy_macs import chart

ROWS = [
    # model, source, pretrained, condition, mean, SD, MACs
    ("resnet", "timm", False, "x@10x", 80.0, 1.5, 1_000_000),
    ("resnet", "timm", False, "x@1x", 90.0, 0.5, 1_000_000),
    ("resnet (pretrained)", "timm", True, "x@10x", 95.0, None, 1_000_000),
    ("3 architectures", "searched by p$1$", False, "x@10x", 85.0, 2.0, 300_000),
    ("lost", "timm", False, "x@10x", None, None, None),
]
POPULATION = pd.DataFrame(
    {"architecture": ["a", "b"], "macs": [100_000, 200_000], "mean x@1x ce": [90.0, 91.0],
     "mean x@10x ce": [70.0, None]}
)  # fmt: skip


@pytest.fixture
def table() -> pd.DataFrame:
    columns = ["model", "source", "pretrained", "condition", "accuracy_mean", "accuracy_sd", "macs"]
    return (
        pd.DataFrame(ROWS, columns=columns)
        .assign(part="p", scheme="ce", many=None, medium=None, few=None)
        .astype({"macs": "Int64"})
    )


def test_points_are_the_trained_networks_of_the_table(table: pd.DataFrame) -> None:
    points = located(table)
    assert list(points["label"]) == ["p$1$", "resnet", "resnet", "resnet (pretrained)"]
    assert points["network"].iloc[0] == "3 architectures"
    assert list(points["kind"]) == ["searched", "baseline", "baseline", "pretrained baseline"]
    assert list(points["macs"]) == [3e5, 1e6, 1e6, 1e6]
    assert list(points["sd"]) == [2.0, 1.5, 0.5, 0.0]


def test_one_training_is_shown_with_numbered_networks_and_the_population(
    table: pd.DataFrame,
) -> None:
    drawn = chart({"baselines": table, "architectures": POPULATION})
    assert drawn is not None
    assert "x@10x ce" in drawn.caption
    (panel,) = drawn.panels
    places = {(p.x, p.y, p.number) for dots in panel.dots for p in dots.points}
    assert places == {(1e5, 70, ""), (3e5, 85, "1"), (1e6, 80, "2"), (1e6, 95, "3")}
    bars = {p.number: (p.low, p.high) for dots in panel.dots for p in dots.points}
    assert bars["2"] == (78.5, 81.5)
    names = [key.text for key in drawn.names]
    assert names == ["1  p$1$", "2  resnet", "3  resnet (pretrained)"]
    assert {key.text for key in drawn.keys} == {
        "searched", "baseline", "pretrained baseline", "population",
    }  # fmt: skip
    # Kinds differ in shape as well as in colour.
    assert len({(key.look.marker, key.look.filled) for key in drawn.names}) == 3


def test_a_crowd_of_searched_ones_has_a_closer_view_and_each_network_its_number_once(
    table: pd.DataFrame,
) -> None:
    searched = table[table["model"].eq("3 architectures")]
    more = [searched.assign(source=f"searched by s{n}", macs=300_000 + n) for n in range(5)]
    drawn = chart({"baselines": pd.concat([table, *more]), "architectures": POPULATION.iloc[:0]})
    assert drawn is not None
    first, closer = drawn.panels
    shown = [
        sorted(p.number for dots in panel.dots for p in dots.points if p.number)
        for panel in (first, closer)
    ]
    assert shown == [["7", "8"], ["1", "2", "3", "4", "5", "6"]]


def test_nothing_trained_gives_no_chart(table: pd.DataFrame) -> None:
    empty = POPULATION.iloc[:0]
    for rows in (table.assign(accuracy_mean=None), table.iloc[:0]):
        assert chart({"baselines": rows, "architectures": empty}) is None
