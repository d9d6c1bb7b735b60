"""What a network reaches, against what it computes: baselines and searched architectures."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from imbnas.leaderboards.plots.figures import freeze, new_figure
from imbnas.leaderboards.plots.marks import Mark, marks
from imbnas.leaderboards.plots.networks import FILLS, networks
from imbnas.leaderboards.plots.placing import place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (5.2, 4.0)
_INCHES_PER_LETTER = 0.078


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> "Figure | None":
    """One panel a training: accuracy with its SD against MACs, numbered as in the legend.

    Args:
        tables: name → table; ``baselines`` is read.
        title: of the suite.

    Returns:
        ``None`` where no network is trained.
    """
    points = located(tables["baselines"])
    if points.empty:
        return None
    looks = marks(list(dict.fromkeys(points["label"])))
    trainings = list(dict.fromkeys(points["training"]))
    columns = math.ceil(math.sqrt(min(len(trainings), 9)))
    rows = math.ceil(len(trainings) / columns)
    lines = math.ceil(len(looks) / _legend_columns(looks, columns))
    figure = new_figure(_PANEL[0] * columns, 1 + _PANEL[1] * rows + 0.2 * lines)
    panels = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
    for axes, training in zip(panels, trainings, strict=False):
        _panel(axes, points[points["training"].eq(training)], looks)
        axes.set(title=training, xlim=(0.6 * points["macs"].min(), 1.8 * points["macs"].max()))
    for axes in panels[len(trainings) :]:
        axes.remove()
    _legend(figure, points, looks, columns)
    figure.suptitle(f"{title}: upper left is better (bars: SD over replicates)")
    freeze(figure)
    for axes, training in zip(panels, trainings, strict=False):
        chosen = points[points["training"].eq(training)]
        numbers = [str(looks[label].number) for label in chosen["label"]]
        place(axes, list(zip(chosen["macs"], chosen["accuracy"], strict=True)), numbers)
    return figure


def located(table: pd.DataFrame) -> pd.DataFrame:
    """Networks with MACs and an accuracy, as ``networks`` names them; a missing SD is 0."""
    rows = networks(table)
    known = rows[rows["macs"].notna() & rows["accuracy"].notna()]
    return known.assign(sd=known["sd"].fillna(0.0))


def _panel(axes: "Axes", points: pd.DataFrame, looks: Mapping[str, Mark]) -> None:
    for point in points.to_dict("records"):
        look, at = looks[point["label"]], (point["macs"], point["accuracy"])
        axes.errorbar(
            *at, yerr=point["sd"], fmt="none", ecolor=look.colour, alpha=0.45, elinewidth=1,
            capsize=2,
        )  # fmt: skip
        axes.plot(*at, zorder=3, **look.points(FILLS[point["kind"]]))
    axes.set(xscale="log", xlabel="multiply-accumulates of one image", ylabel="accuracy (%)")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(y=0.12)


def _legend(
    figure: "Figure", points: pd.DataFrame, looks: Mapping[str, Mark], columns: int
) -> None:
    """One legend for all panels; its title tells how kinds of networks are filled."""
    kinds = dict(zip(points["label"], points["kind"], strict=True))
    handles = [
        Line2D([], [], label=look.name, **look.points(FILLS[kinds[label]]))
        for label, look in looks.items()
    ]
    told = [f"{fill}: {kind}" for kind, fill in FILLS.items() if kind in set(kinds.values())]
    figure.legend(
        handles=handles, title=", ".join(told), loc="outside lower center",
        ncols=_legend_columns(looks, columns), fontsize="small", title_fontsize="small",
        frameon=False,
    )  # fmt: skip


def _legend_columns(looks: Mapping[str, Mark], columns: int) -> int:
    """As many as fit below so many panels."""
    letters = max(len(look.name) for look in looks.values())
    return min(len(looks), max(1, int(_PANEL[0] * columns / (0.6 + _INCHES_PER_LETTER * letters))))
