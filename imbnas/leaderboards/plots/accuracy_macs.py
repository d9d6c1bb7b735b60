"""What a network reaches, against what it computes: baselines and searched architectures."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import seaborn as sns
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from imbnas.leaderboards.plots.figures import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = {"baseline": ("o", 45), "pretrained baseline": ("s", 40), "searched": ("*", 170)}
"""Kind of network → marker and its size in square points."""
_SEARCHED = "searched by "
_COLUMNS = 2


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> "Figure | None":
    """One panel a training: accuracy with its SD against MACs, searched ones as stars.

    Args:
        tables: name → table; ``baselines`` is read.
        title: of the suite.

    Returns:
        ``None`` where no network is trained.
    """
    points = located(tables["baselines"])
    if points.empty:
        return None
    trainings = list(dict.fromkeys(points["training"]))
    columns = min(_COLUMNS, len(trainings))
    rows = math.ceil(len(trainings) / columns)
    figure = new_figure(5.2 * columns, 0.6 + 3.8 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
    for axes, training in zip(panels, trainings, strict=False):
        _panel(axes, points[points["training"].eq(training)])
        axes.set(title=training, xlim=(0.6 * points["macs"].min(), 3 * points["macs"].max()))
    for axes in panels[len(trainings) :]:
        axes.remove()
    _legend(figure, panels[: len(trainings)])
    figure.suptitle(f"{title}: upper left is better (bars: SD over replicates)")
    return figure


def located(table: pd.DataFrame) -> pd.DataFrame:
    """Trained networks: training, label, kind, MACs, accuracy and its SD in percent.

    A searched network is labelled by its strategy; an SD that is missing is 0.
    """
    known = table[table["macs"].notna() & table["accuracy_mean"].notna()]
    sources = known["source"].astype(str)
    searched, strategies = sources.str.startswith(_SEARCHED), sources.str.removeprefix(_SEARCHED)
    pretrained = known["pretrained"].astype(bool)
    kinds = pd.Series("baseline", index=known.index).mask(pretrained, "pretrained baseline")
    return pd.DataFrame(
        {
            "training": known["condition"] + " " + known["scheme"],
            "label": known["model"].mask(searched, strategies),
            "kind": kinds.mask(searched, "searched"),
            "macs": known["macs"].astype(float),
            "accuracy": known["accuracy_mean"].astype(float),
            "sd": known["accuracy_sd"].astype(float).fillna(0.0),
        }
    )


def _panel(axes: "Axes", points: pd.DataFrame) -> None:
    for number, (kind, (marker, size)) in enumerate(KINDS.items()):
        chosen = points[points["kind"].eq(kind)]
        if chosen.empty:
            continue
        colour = COLOURS[number]
        axes.errorbar(
            chosen["macs"], chosen["accuracy"], yerr=chosen["sd"], fmt="none", ecolor=colour,
            elinewidth=1, capsize=2.5,
        )  # fmt: skip
        sns.scatterplot(
            chosen, x="macs", y="accuracy", color=colour, marker=marker, s=size, label=kind,
            legend=False, zorder=3, ax=axes,
        )  # fmt: skip
    for place, point in enumerate(points.sort_values(["macs", "label"]).to_dict("records")):
        # Neighbours on the axis take turns, so that fewer of their names overlap.
        axes.annotate(
            str(point["label"]), (point["macs"], point["accuracy"]), fontsize="x-small",
            xytext=(6, 4 if place % 2 else -9), textcoords="offset points",
        )  # fmt: skip
    axes.set(xscale="log", xlabel="multiply-accumulates of one image", ylabel="accuracy (%)")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(y=0.12)


def _legend(figure: "Figure", panels: "Sequence[Axes]") -> None:
    """One legend for all panels, of the kinds that occur."""
    entries = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        list(entries.values()), list(entries), loc="outside lower center", ncols=len(entries),
        fontsize="small", frameon=False,
    )  # fmt: skip
