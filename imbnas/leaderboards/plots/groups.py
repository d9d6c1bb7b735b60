"""Accuracy on classes with many, medium and few training images."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch

from imbnas.leaderboards.chart_data import networks
from imbnas.leaderboards.chart_data.names import numbered
from imbnas.leaderboards.plots.figures import legend_below, new_figure
from imbnas.leaderboards.plots.marks import COLOURS

BARS = {
    networks.SEARCHED: (COLOURS[0], ""),
    networks.BASELINE: (COLOURS[1], ""),
    networks.PRETRAINED: (COLOURS[2], "///"),
}
"""Kind of network → colour and hatch of its bars."""
_MANY_TRAININGS = 4
"""More trainings than these stand in two columns."""
_BLOCK_WIDTH = 8.5


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> Figure | None:
    """A block of panels per training, in it one per group; bars have the networks' numbered names.

    Returns:
        ``None`` where no network has an accuracy on two or more groups of a training.
    """
    bars = networks.grouped(tables["baselines"])
    if bars.empty:
        return None
    blocks = [block for _, block in bars.groupby("training", sort=False)]
    columns = 2 if len(blocks) > _MANY_TRAININGS else 1
    rows = [blocks[i : i + columns] for i in range(0, len(blocks), columns)]
    shown = numbered(networks.network_labels(tables["baselines"]))
    lines = [max(block["label"].nunique() for block in row) for row in rows]
    heights = [0.7 + 0.2 * number for number in lines]
    figure = new_figure(_BLOCK_WIDTH * columns, 0.9 + sum(heights))
    grid = figure.subfigures(len(rows), columns, squeeze=False, height_ratios=heights)
    for row, number, places in zip(rows, lines, grid, strict=True):
        for block, place in zip(row, places, strict=False):
            _block(place, block, shown, number)
    _legend(figure, bars)
    figure.suptitle(f"{title}\naccuracy (%) on classes with many, medium and few training images")
    return figure


def _block(place: SubFigure, block: pd.DataFrame, shown: Mapping[str, str], lines: int) -> None:
    """One training, with room for ``lines`` bars so that those of all blocks are equally thick."""
    groups = [group for group in networks.GROUPS if block["group"].eq(group).any()]
    names = list(dict.fromkeys(block["label"]))
    place.suptitle(block["training"].iloc[0], fontsize="medium", weight="bold")
    panels = place.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for axes, group in zip(panels, groups, strict=True):
        _panel(axes, block[block["group"].eq(group)], names)
        axes.set_title(group, fontsize="medium")
    panels[0].set_yticks(range(len(names)), [shown[name] for name in names])
    panels[0].set_ylim(lines - 0.4, -0.6)


def _panel(axes: Axes, bars: pd.DataFrame, names: Sequence[str]) -> None:
    lines = [names.index(label) for label in bars["label"]]
    colours, hatches = zip(*(BARS[kind] for kind in bars["kind"]), strict=True)
    drawn = axes.barh(lines, bars["accuracy"], color=colours, edgecolor="white", hatch=hatches)
    axes.bar_label(drawn, fmt="%.0f", padding=2, fontsize="x-small")
    axes.set(xlim=(0, 112), xticks=range(0, 101, 25))
    axes.grid(visible=False, axis="y")


def _legend(figure: Figure, bars: pd.DataFrame) -> None:
    handles = [
        Patch(facecolor=colour, edgecolor="white", hatch=hatch, label=kind)
        for kind, (colour, hatch) in BARS.items()
        if bars["kind"].eq(kind).any()
    ]
    legend_below(figure, handles, len(handles))
