"""All pictures of a run, and how they are drawn."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

import pandas as pd

from imbnas.leaderboards.plots.figures import style, to_png, to_svg

PLOTS = ("tau_heatmap", "rank_shift", "cost_regret", "accuracy_macs", "groups")
"""Modules of this package; each has ``draw(tables, title) -> Figure | None``."""


@dataclass(frozen=True)
class Picture:
    """A drawn picture; ``svg`` holds the same bytes for the same tables."""

    name: str
    svg: bytes
    png: bytes


def pictures(tables: Mapping[str, pd.DataFrame], title: str) -> Iterator[Picture]:
    """Draw every picture that the tables hold numbers for.

    Args:
        tables: name → table, as ``build_tables`` makes them or as read from their CSV files.
        title: of the suite, ``SUITE@VERSION/FIDELITY``.
    """
    for name in PLOTS:
        draw = import_module(f"imbnas.leaderboards.plots.{name}").draw
        with style():
            figure = draw(tables, title)
            if figure is not None:
                yield Picture(name, to_svg(figure), to_png(figure))
