"""All pictures of a run, and how they are drawn."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from imbnas.leaderboards.charts.catalog import charts
from imbnas.leaderboards.plots.drawing import draw
from imbnas.leaderboards.plots.figures import style, to_png, to_svg


@dataclass(frozen=True)
class Picture:
    """A drawn picture; ``svg`` holds the same bytes for the same tables."""

    name: str
    svg: bytes
    png: bytes


def pictures(tables: Mapping[str, pd.DataFrame], title: str) -> Iterator[Picture]:
    """Draw every chart that the tables hold numbers for.

    Args:
        tables: name → table, as ``build_tables`` makes them or as read from their CSV files.
        title: of the suite, ``SUITE@VERSION/FIDELITY``.
    """
    for chart in charts(tables):
        with style():
            figure = draw(chart, title)
            yield Picture(chart.name, to_svg(figure), to_png(figure))
