"""What a network reaches, against what it computes: baselines and searched architectures."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from imbnas.leaderboards.chart_data import networks
from imbnas.leaderboards.plots.figures import freeze, legend_below, new_figure
from imbnas.leaderboards.plots.marks import Fill, Mark, fill_legend, marks
from imbnas.leaderboards.plots.placing import place

FILLS: dict[str, Fill] = {
    networks.SEARCHED: "filled",
    networks.BASELINE: "hollow",
    networks.PRETRAINED: "half",
}
"""Kind of network, in the order of legends → how its markers are filled."""
_PANEL = (5.8, 4.4)
_INCHES_PER_LETTER = 0.078
_CROWD = 4
"""This many searched networks beside baselines have a closer view of their own."""


class View(NamedTuple):
    """One panel: its title, its points, and those of them that have their numbers beside them."""

    title: str
    points: pd.DataFrame
    numbered: pd.DataFrame


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> Figure | None:
    """Accuracy with its SD against MACs, numbered as in the legend; see ``views`` for the panels.

    Args:
        tables: name → table; ``baselines`` is read.
        title: of the suite.

    Returns:
        ``None`` where no network is trained.
    """
    points = networks.located(tables["baselines"])
    if points.empty:
        return None
    trained = set(points["label"])
    known = marks(networks.network_labels(tables["baselines"]))
    looks = {label: look for label, look in known.items() if label in trained}
    shown = views(points)
    columns = 3 if len(shown) > 8 else min(2, len(shown))
    rows = math.ceil(len(shown) / columns)
    lines = math.ceil(len(looks) / _legend_columns(looks, columns))
    figure = new_figure(_PANEL[0] * columns, 1 + _PANEL[1] * rows + 0.2 * lines)
    panels = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
    for axes, view in zip(panels, shown, strict=False):
        _panel(axes, view, looks)
    for axes in panels[len(shown) :]:
        axes.remove()
    _legend(figure, points, looks, columns)
    figure.suptitle(f"{title}\nupper left is better (bars: SD over replicates)")
    freeze(figure)
    for axes, view in zip(panels, shown, strict=False):
        _number(axes, view, looks)
    return figure


def views(points: pd.DataFrame) -> list[View]:
    """One panel per training; a crowd of searched networks beside baselines has a second one."""
    shown = []
    for training, rows in points.groupby("training", sort=False):
        searched = rows[rows["kind"].eq(networks.SEARCHED)]
        others = rows.drop(searched.index)
        if others.empty or len(searched) < _CROWD:
            shown.append(View(str(training), rows, rows))
        else:
            shown.append(View(str(training), rows, others))
            shown.append(View(f"{training}: searched ones", searched, searched))
    return shown


def _panel(axes: Axes, view: View, looks: Mapping[str, Mark]) -> None:
    for point in view.points.to_dict("records"):
        look, at = looks[point["label"]], (point["macs"], point["accuracy"])
        axes.errorbar(
            *at, yerr=point["sd"], fmt="none", ecolor=look.colour, alpha=0.45, elinewidth=1,
            capsize=2,
        )  # fmt: skip
        axes.plot(*at, zorder=3, **look.points(FILLS[point["kind"]]))
    axes.set(title=view.title, xlabel="multiply-accumulates of one image", ylabel="accuracy (%)")
    axes.margins(x=0.12, y=0.12)
    if view.points["macs"].max() > networks.NARROW * view.points["macs"].min():
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))


def _number(axes: Axes, view: View, looks: Mapping[str, Mark]) -> None:
    others = view.points.drop(view.numbered.index)
    places = pd.concat([view.numbered, others])[["macs", "accuracy"]]
    numbers = [str(looks[label].number) for label in view.numbered["label"]]
    place(axes, places.to_numpy(), numbers)


def _legend(figure: Figure, points: pd.DataFrame, looks: Mapping[str, Mark], columns: int) -> None:
    """One legend for all panels; its title says how kinds of networks are filled."""
    kinds = dict(zip(points["label"], points["kind"], strict=True))
    handles = [
        Line2D([], [], label=look.name, **look.points(FILLS[kinds[label]]))
        for label, look in looks.items()
    ]
    title = fill_legend(FILLS, set(kinds.values()))
    legend_below(figure, handles, _legend_columns(looks, columns), title)


def _legend_columns(looks: Mapping[str, Mark], columns: int) -> int:
    """As many as fit below this number of panels."""
    letters = max(len(look.name) for look in looks.values())
    return min(len(looks), max(1, int(_PANEL[0] * columns / (0.6 + _INCHES_PER_LETTER * letters))))
