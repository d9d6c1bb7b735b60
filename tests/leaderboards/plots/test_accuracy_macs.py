import re

import numpy as np
import pandas as pd
import pytest

from imbnas.leaderboards.chart_data.networks import located
from imbnas.leaderboards.plots.accuracy_macs import draw
from imbnas.leaderboards.plots.figures import style, to_png, to_svg
from imbnas.leaderboards.plots.marks import MARKERS

ROWS = [
    # model, source, pretrained, condition, mean, SD, MACs
    ("resnet", "timm", False, "x@10x", 80.0, 1.5, 1_000_000),
    ("resnet", "timm", False, "x@1x", 90.0, 0.5, 1_000_000),
    ("resnet (pretrained)", "timm", True, "x@10x", 95.0, None, 1_000_000),
    ("3 architectures", "searched by p$1$", False, "x@10x", 85.0, 2.0, 300_000),
    ("lost", "timm", False, "x@10x", None, None, None),
]


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
    assert list(points["kind"]) == ["searched", "baseline", "baseline", "pretrained baseline"]
    assert list(points["macs"]) == [3e5, 1e6, 1e6, 1e6]
    assert list(points["sd"]) == [2.0, 1.5, 0.5, 0.0]


def test_each_training_has_a_panel_with_its_points(table: pd.DataFrame) -> None:
    with style():
        figure = draw({"baselines": table}, "suite@1/f")
    assert figure is not None
    drawn = {
        axes.get_title(): [
            (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
            for line in axes.lines
            if line.get_marker() in MARKERS
        ]
        for axes in figure.axes
    }
    assert set(drawn) == {"x@10x ce", "x@1x ce"}
    assert sorted(drawn["x@10x ce"]) == [(3e5, 85.0), (1e6, 80.0), (1e6, 95.0)]
    assert drawn["x@1x ce"] == [(1e6, 90.0)]
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["1  p$1$", "2  resnet", "3  resnet (pretrained)"]
    meaning = "filled: searched, hollow: baseline, half: pretrained baseline"
    assert legend.get_title().get_text() == meaning


def test_the_same_table_gives_the_same_bytes_and_names_stay_text(table: pd.DataFrame) -> None:
    def drawn(rows: pd.DataFrame) -> bytes:
        with style():
            figure = draw({"baselines": rows}, "suite@1/f")
            assert figure is not None
            assert to_png(figure).startswith(b"\x89PNG")
            return to_svg(figure)

    svg = drawn(table)
    assert drawn(table.copy()) == svg
    assert re.search(rb">1  p\$1\$<", svg)
    assert drawn(table.assign(accuracy_mean=table["accuracy_mean"] - 1)) != svg


def test_nothing_trained_gives_no_picture(table: pd.DataFrame) -> None:
    assert draw({"baselines": table.assign(accuracy_mean=np.nan)}, "t") is None
    assert draw({"baselines": table.iloc[:0]}, "t") is None
