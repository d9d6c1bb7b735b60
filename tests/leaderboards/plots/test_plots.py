"""Pictures hold the tables' numbers, and the same tables give the same bytes."""

import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pandas as pd
import pytest

from imbnas.leaderboards.chart_data.networks import grouped
from imbnas.leaderboards.chart_data.rank_shifts import movers
from imbnas.leaderboards.chart_data.regrets import references, regretted, route
from imbnas.leaderboards.charts.catalog import charts
from imbnas.leaderboards.charts.palette import PALETTE
from imbnas.leaderboards.plots.catalog import Picture, pictures
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables


@pytest.fixture(scope="module")
def tables(fabricated: Results) -> dict[str, pd.DataFrame]:
    return build_tables(fabricated)


@pytest.fixture(scope="module")
def drawn(tables: dict[str, pd.DataFrame]) -> dict[str, Picture]:
    return {picture.name: picture for picture in pictures(tables, "tiny@1/only")}


def words(svg: bytes) -> list[str]:
    return [text for text in ET.fromstring(svg).itertext() if text.strip()]


def test_what_has_numbers_is_drawn_in_both_forms(drawn: dict[str, Picture]) -> None:
    # All classes of digits@10x are few or medium, so that every picture has something to show.
    assert list(drawn) == [
        "cost_regret", "tau_ceiling", "rank_shift", "accuracy_macs", "groups",
    ]  # fmt: skip
    for picture in drawn.values():
        assert picture.png.startswith(b"\x89PNG")
        assert ET.fromstring(picture.svg).tag.endswith("svg")


def test_svg_is_the_same_bytes_again_and_leaves_no_trace(
    tables: dict[str, pd.DataFrame], drawn: dict[str, Picture]
) -> None:
    before = dict(mpl.rcParams)
    again = {picture.name: picture for picture in pictures(tables, "tiny@1/only")}
    assert {n: p.svg for n, p in again.items()} == {n: p.svg for n, p in drawn.items()}
    assert dict(mpl.rcParams) == before
    for picture in drawn.values():
        assert b"<dc:date>" not in picture.svg


def test_pictures_say_what_their_charts_say(
    tables: dict[str, pd.DataFrame], drawn: dict[str, Picture]
) -> None:
    for chart in charts(tables):
        shown = words(drawn[chart.name].svg)
        assert chart.question in shown
        assert "tiny@1/only" in " ".join(shown)
        for text in [key.text for key in (*chart.keys, *chart.names)]:
            assert text in shown
        for row in (row for panel in chart.panels for row in panel.rows):
            assert set(row.lines) <= {line for text in shown for line in text.split("\n")}


def test_pictures_turn_dark_with_the_page_that_they_are_on(drawn: dict[str, Picture]) -> None:
    for picture in drawn.values():
        text = picture.svg.decode()
        style = text[text.index("prefers-color-scheme: dark") :].partition("</style>")[0]
        used = {light for light, _ in PALETTE.values() if f"fill: {light}" in text}
        assert len(used) > 3
        for light, dark in PALETTE.values():
            assert f'[style*="fill: {light}"] {{ fill: {dark} !important }}' in style
        # Nothing has a colour that stays as it is on dark ground.
        drawn_in = set(re.findall("(?:fill|stroke): (#[0-9a-f]{6})", text))
        assert drawn_in <= {colour for pair in PALETTE.values() for colour in pair}


def test_movers_are_those_of_largest_rank_difference() -> None:
    ranks = pd.DataFrame({"architecture": list("cabd"), "rank_difference": [3.0, -5.0, 0.0, -3.0]})
    assert list(movers(ranks, 3)["architecture"]) == ["a", "c", "d"]


def test_references_are_lines_and_no_points(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["adaptation"]
    lines = references(table)
    assert list(lines) == ["random-pick", "one-replicate-oracle"]
    assert not set(lines) & set(regretted(table)["strategy"])
    assert {"p0", "p1", "macs"} <= set(regretted(table)["strategy"])
    assert route(regretted(table)) == "digits@1x ce → digits@10x cb-drw"


def test_an_empty_group_has_no_bar(tables: dict[str, pd.DataFrame]) -> None:
    assert tables["baselines"]["many"].isna().all()
    assert set(grouped(tables["baselines"])["group"]) == {"medium", "few"}


def test_nothing_is_drawn_without_records(fabricated: Results) -> None:
    empty = build_tables(Results(fabricated.resolved, {}))
    assert list(pictures(empty, "tiny@1/only")) == []


def test_text_with_dollar_signs_is_not_read_as_a_formula(hostile: Results) -> None:
    title = "$\\frac{$@1/only"
    drawn = list(pictures(build_tables(hostile), title))
    assert title in " ".join(words(drawn[-1].svg))
    regret = next(picture for picture in drawn if picture.name == "cost_regret")
    assert b"<script>" not in regret.svg
