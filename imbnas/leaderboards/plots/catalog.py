"""All pictures of a run, and how they are drawn."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

import pandas as pd

from imbnas.leaderboards.plots.figures import style, to_png, to_svg

PLOTS: dict[str, str] = {
    "tau_heatmap": "How well rankings agree, and how well noise lets them",
    "rank_shift": "Balanced rank against long-tailed rank",
    "cost_regret": "What following a strategy loses, and what it costs",
    "accuracy_macs": "Accuracy against multiply-accumulates, searched architectures marked",
    "groups": "Accuracy on classes with many, medium and few images",
}
"""Module in this package → caption. A module has ``draw(tables, title) -> Figure | None``."""


@dataclass(frozen=True)
class Picture:
    """A drawn picture; ``svg`` holds the same bytes for the same tables."""

    name: str
    caption: str
    svg: bytes
    png: bytes


def pictures(tables: Mapping[str, pd.DataFrame], title: str) -> Iterator[Picture]:
    """Draw every picture that the tables hold numbers for.

    Args:
        tables: name → table, as ``build_tables`` makes them or as read from their CSV files.
        title: of the suite, ``SUITE@VERSION/FIDELITY``.
    """
    for name, caption in PLOTS.items():
        draw = import_module(f"imbnas.leaderboards.plots.{name}").draw
        with style():
            figure = draw(tables, title)
            if figure is not None:
                yield Picture(name, caption, to_svg(figure), to_png(figure))
