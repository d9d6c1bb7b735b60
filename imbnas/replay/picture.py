"""Regret on the target against the number of queries, for searches on either side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from imbnas.leaderboards.chart_data.names import shortened
from imbnas.leaderboards.plots.figures import legend_below, new_figure
from imbnas.leaderboards.plots.marks import COLOURS, Mark, marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIDES = {"balanced": (COLOURS[0], "-"), "target": (COLOURS[1], "--")}
_NAME = 30
_SPREAD = 1.12
"""Ratio by which intervals of different searchers stand apart."""


def draw(table: pd.DataFrame, title: str) -> "Figure":
    """A row for each target: a panel for each searcher, and the differences of the two curves.

    Args:
        table: as ``Replay.table`` makes it.
        title: of the suite.
    """
    searchers = list(dict.fromkeys(table["searcher"]))
    rows = list(table.groupby(list(table.columns[:4]), sort=False))
    width, height = 2.9 * (len(searchers) + 1.25), 2.9 * len(rows) + 0.7
    figure = new_figure(width, height)
    grid = figure.subplots(
        len(rows),
        len(searchers) + 1,
        squeeze=False,
        sharex=True,
        width_ratios=[1] * len(searchers) + [1.25],
    )
    looks = marks(searchers)
    for axes, (training, part) in zip(grid, rows, strict=True):
        names = [shortened(str(name), _NAME) for name in training]
        for panel, searcher in zip(axes, searchers, strict=False):
            _curves(panel, part[part["searcher"] == searcher], names)
            panel.set_title(shortened(searcher, _NAME), fontsize="medium")
            panel.sharey(axes[0])
        axes[0].set_ylabel(f"regret (percentage points)\non {names[2]} {names[3]}")
        _differences(axes[-1], part, looks)
    for panel in grid[-1]:
        panel.set_xlabel("queries")
    handles = [*grid[0][0].get_legend_handles_labels()[0], *grid[0][-1].containers]
    legend_below(
        figure, handles, min(len(handles), 5), "lines: mean, shaded: 10% to 90% of searches"
    )
    figure.suptitle(f"{title}: what searching on balanced data costs")
    return figure


def _curves(axes: "Axes", part: pd.DataFrame, names: list[str]) -> None:
    for side, (colour, line) in _SIDES.items():
        name = "balanced data" if side == "balanced" else "the target itself"
        axes.plot(part["queries"], part[f"regret_{side}"], line, color=colour,
                  label=f"searched on {name}")  # fmt: skip
        axes.fill_between(
            part["queries"], part[f"regret_{side}_q10"], part[f"regret_{side}_q90"],
            color=colour, alpha=0.15, linewidth=0,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")


def _differences(axes: "Axes", part: pd.DataFrame, looks: Mapping[str, Mark]) -> None:
    """Intervals of the cost at some numbers of queries; points alone where there are none."""
    axes.axhline(0, color="0.4", linewidth=1, linestyle=":")
    for number, (searcher, look) in enumerate(looks.items()):
        rows = part[(part["searcher"] == searcher) & part["marked"]]
        middle = rows["difference"].to_numpy(float)
        bounds = [rows[f"difference_{end}"].to_numpy(float) for end in ("low", "high")]
        axes.errorbar(
            rows["queries"] * _SPREAD ** (number - (len(looks) - 1) / 2), middle,
            yerr=np.abs(np.nan_to_num(np.array(bounds) - middle)), ecolor=look.colour,
            capsize=2, elinewidth=1, label=shortened(searcher, _NAME), **look.points(),
        )  # fmt: skip
    axes.set_title("cost of balanced data", fontsize="medium")
    axes.set_ylabel("difference of regrets (95% interval)")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
