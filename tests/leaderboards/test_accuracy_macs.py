import re

import numpy as np
import pandas as pd
import pytest

from imbnas.leaderboards.plots.accuracy_macs import KINDS, draw, located
from imbnas.leaderboards.plots.figures import style, to_png, to_svg

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
    return pd.DataFrame(ROWS, columns=columns).assign(scheme="ce").astype({"macs": "Int64"})


def test_points_are_the_trained_networks_of_the_table(table: pd.DataFrame) -> None:
    points = located(table)
    assert list(points["label"]) == ["resnet", "resnet", "resnet (pretrained)", "p$1$"]
    assert list(points["kind"]) == ["baseline", "baseline", "pretrained baseline", "searched"]
    assert list(points["macs"]) == [1e6, 1e6, 1e6, 3e5]
    assert list(points["sd"]) == [1.5, 0.5, 0.0, 2.0]


def test_each_training_has_a_panel_with_its_points(table: pd.DataFrame) -> None:
    with style():
        figure = draw({"baselines": table}, "suite@1/f")
    assert figure is not None
    drawn = {
        axes.get_title(): np.concatenate([c.get_offsets() for c in axes.collections if _dots(c)])
        for axes in figure.axes
    }
    assert set(drawn) == {"x@10x ce", "x@1x ce"}
    assert sorted(map(tuple, drawn["x@10x ce"])) == [(3e5, 85.0), (1e6, 80.0), (1e6, 95.0)]
    assert list(map(tuple, drawn["x@1x ce"])) == [(1e6, 90.0)]
    assert {text.get_text() for text in figure.legends[0].get_texts()} == set(KINDS)


def _dots(collection: object) -> bool:
    return type(collection).__name__ == "PathCollection"


def test_the_same_table_gives_the_same_bytes_and_names_stay_text(table: pd.DataFrame) -> None:
    def drawn(rows: pd.DataFrame) -> bytes:
        with style():
            figure = draw({"baselines": rows}, "suite@1/f")
            assert figure is not None
            assert to_png(figure).startswith(b"\x89PNG")
            return to_svg(figure)

    svg = drawn(table)
    assert drawn(table.copy()) == svg
    assert re.search(rb">p\$1\$<", svg)
    assert drawn(table.assign(accuracy_mean=table["accuracy_mean"] - 1)) != svg


def test_nothing_trained_gives_no_picture(table: pd.DataFrame) -> None:
    assert draw({"baselines": table.assign(accuracy_mean=np.nan)}, "t") is None
    assert draw({"baselines": table.iloc[:0]}, "t") is None
