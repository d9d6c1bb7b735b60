"""Every chart asks one question on at most two panels, and explains all that it shows."""

import itertools
import math
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imbnas.leaderboards.charts.axes import SymmetricLog, linear, logarithmic
from imbnas.leaderboards.charts.catalog import charts
from imbnas.leaderboards.charts.chart import Axis, Chart, Look
from imbnas.leaderboards.charts.palette import PALETTE
from imbnas.leaderboards.charts.tau_ceiling import MOST_ROWS
from imbnas.leaderboards.charts.tau_ceiling import chart as tau_ceiling
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables


@pytest.fixture(scope="module")
def tables(fabricated: Results) -> dict[str, pd.DataFrame]:
    return build_tables(fabricated)


@pytest.fixture(scope="module")
def drawn(tables: dict[str, pd.DataFrame]) -> list[Chart]:
    return charts(tables)


def looks(chart: Chart) -> Iterator[Look]:
    for panel in chart.panels:
        yield from (dots.look for dots in panel.dots)
        yield from (line.look for line in panel.lines)


def test_each_asks_one_question_on_at_most_two_panels(drawn: list[Chart]) -> None:
    assert [chart.name for chart in drawn] == [
        "cost_regret", "tau_ceiling", "rank_shift", "accuracy_macs", "groups",
    ]  # fmt: skip
    for chart in drawn:
        assert chart.question.count("?") == 1
        assert chart.question.endswith("?")
        assert 1 <= len(chart.panels) <= 2


def test_what_differs_in_colour_is_in_the_legend_and_differs_in_shape(drawn: list[Chart]) -> None:
    for chart in drawn:
        told = {key.look for key in chart.keys}
        # Grey and pale marks stand for no kind of their own.
        shown = {look for look in looks(chart) if look.colour not in ("grey", "line")}
        assert shown <= told, chart.name
        shapes = [(look.marker, look.filled, look.size) for look in told if look.marker != "none"]
        assert len(set(shapes)) == len(shapes)


def test_every_point_is_inside_of_its_panel_and_rows_have_names(drawn: list[Chart]) -> None:
    for chart in drawn:
        for panel in chart.panels:
            for point in (point for dots in panel.dots for point in dots.points):
                assert panel.x.low <= point.x <= panel.x.high
                if panel.y is None:
                    assert panel.rows[int(point.y)].lines
                else:
                    assert panel.y.low <= point.y <= panel.y.high
            for axis in filter(None, (panel.x, panel.y)):
                assert 2 <= len(axis.ticks) <= 7
                assert all(axis.low <= at <= axis.high for at, _ in axis.ticks)


def correlation(tau: float, verdict: str | None = "inconclusive", name: str = "b") -> dict:
    return {
        "part": "p", "population": "q", "x": "a@1x", "x_scheme": "ce", "y": name, "y_scheme": "ce",
        "tau_b": tau, "ci_low": tau - 0.1, "ci_high": tau + 0.1, "noise_ceiling": 0.9,
        "ceiling_low": 0.8, "ceiling_high": 0.95, "verdict": verdict,
    }  # fmt: skip


def test_tau_below_zero_has_a_place_of_its_own() -> None:
    rows = [correlation(-0.86), correlation(0.0), correlation(0.7)]
    chart = tau_ceiling({"rank_correlation": pd.DataFrame(rows)})
    assert chart is not None
    (panel,) = chart.panels
    assert panel.x.low <= -0.96
    places = [point.x for dots in panel.dots[1:] for point in dots.points]
    assert places == [-0.86, 0.0, 0.7]


def test_changed_pairs_stand_first_and_what_is_cut_is_counted() -> None:
    rows = [correlation(0.5, name=f"c{n}") for n in range(MOST_ROWS)]
    rows.append(correlation(0.1, "changed", "d"))
    rows.append(correlation(0.6, "not distinguishable from noise", "e"))
    chart = tau_ceiling({"rank_correlation": pd.DataFrame(rows)})
    assert chart is not None
    names = [" ".join(row.lines) for row in chart.panels[0].rows]
    assert len(names) == MOST_ROWS
    assert names[0] == "a@1x ce and d ce"
    assert names[1] == "a@1x ce and e ce"
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 2}" in chart.caption


def test_tables_of_older_versions_have_no_ranges_and_no_interval_of_the_ceiling(
    tables: dict[str, pd.DataFrame],
) -> None:
    adaptation = tables["adaptation"]
    ranks = [name for name in adaptation if "_rank" in name]
    older = tables | {
        "adaptation": adaptation.drop(columns=ranks),
        "rank_correlation": tables["rank_correlation"].drop(
            columns=["ceiling_low", "ceiling_high"]
        ),
    }
    found = {chart.name: chart for chart in charts(older)}
    assert not any(row.note for row in found["cost_regret"].panels[0].rows)
    assert "95%" not in found["cost_regret"].caption
    ceilings = found["tau_ceiling"].panels[0].dots[0]
    assert all(point.low is None for point in ceilings.points)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
@example([-1e6, math.nextafter(-1e6, 0)])
@example([0.0, 5e-324])
def test_linear_axes_hold_their_values_with_round_ticks(values: list[float]) -> None:
    check(linear("x", values), values)


@given(st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=9))
def test_logarithmic_axes_hold_their_values(values: list[float]) -> None:
    axis = logarithmic("x", values)
    assert axis.low < min(values) <= max(values) < axis.high
    assert all(axis.low <= at <= axis.high for at, _ in axis.ticks)


@given(st.lists(st.floats(0, 1e4).filter(lambda x: x == 0 or x > 1e-9), min_size=1, max_size=9))
def test_symmetric_logarithms_keep_the_order_and_zero(values: list[float]) -> None:
    scale = SymmetricLog.of(values)
    places = [scale.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert scale.at(0.0) == 0.0
    check(scale.axis("x", values), places)
    assert scale.axis("x", values).ticks[0] == (0.0, "0")


def check(axis: Axis, places: list[float]) -> None:
    assert axis.low < min(places) <= max(places) < axis.high
    assert all(axis.low <= at <= axis.high for at, _ in axis.ticks)


def rgb(colour: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    assert re.fullmatch("#[0-9a-f]{6}", colour)
    return np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])


def luminance(colour: str) -> float:
    # WCAG 2, relative luminance.
    value = rgb(colour)
    linear_rgb = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return float(linear_rgb @ [0.2126, 0.7152, 0.0722])


# Machado, Oliveira and Fernandes (2009), severity 1, applied to linear RGB.
BLINDNESS = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
}  # fmt: skip


@pytest.mark.parametrize("dark", [False, True])
def test_colours_of_charts_are_seen_on_their_ground_and_by_the_colour_blind(dark: bool) -> None:
    ground = luminance(PALETTE["paper"][dark])
    for name in ("blue", "orange", "green", "grey", "ink"):
        least, most = sorted((luminance(PALETTE[name][dark]), ground))
        assert (most + 0.05) / (least + 0.05) >= 3, name
    for matrix in BLINDNESS.values():
        seen = [
            np.clip(np.array(matrix) @ rgb(PALETTE[name][dark]) ** 2.2, 0, 1) ** (1 / 2.2)
            for name in ("blue", "orange", "green", "grey", "paper")
        ]
        distances = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)]
        assert min(distances) > 0.1
