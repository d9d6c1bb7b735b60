"""What following a strategy loses, against what the adaptation costs."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imbnas.leaderboards.chart_data.regrets import references, regretted, route
from imbnas.leaderboards.plots.figures import freeze, legend_below, new_figure
from imbnas.leaderboards.plots.marks import Fill, Mark, fill_legend, marks
from imbnas.leaderboards.plots.placing import place

FILLS: dict[str, Fill] = {"supernet": "filled", "no supernet": "hollow"}
"""Kind of row → how its marker is filled."""
_DASHES = (":", "--")


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> Figure | None:
    """Cost ratio against regret, and beside it the regret of every row with its SD and name.

    Lines show what a random pick loses, and one that is made with one training of each.

    Returns:
        ``None`` where no row has a regret.
    """
    rows = regretted(tables["adaptation"])
    if rows.empty:
        return None
    looks = marks(list(dict.fromkeys(rows["strategy"])))
    figure = new_figure(12.0, 1.2 + max(3.8, 0.6 + 0.23 * len(rows)))
    plane, names = figure.subplots(1, 2, width_ratios=(1.15, 1))
    _plane(plane, rows, looks)
    _names(names, rows, looks)
    _lines(plane, names, references(tables["adaptation"]))
    lines = plane.get_legend_handles_labels()[0]
    legend_below(figure, lines, max(1, len(lines)), fill_legend(FILLS, set(rows["kind"])))
    figure.suptitle(f"{title}: lower left is better\n{route(rows)}")
    freeze(figure)
    points = rows[["cost_ratio", "regret"]].to_numpy()
    place(plane, points, [str(looks[strategy].number) for strategy in rows["strategy"]])
    return figure


def _plane(axes: Axes, rows: pd.DataFrame, looks: Mapping[str, Mark]) -> None:
    for row in rows.to_dict("records"):
        look = looks[row["strategy"]]
        axes.plot(row["cost_ratio"], row["regret"], zorder=3, **look.points(FILLS[row["kind"]]))
    # Costs differ by orders of magnitude, and some are 0.
    paid = rows.loc[rows["cost_ratio"].gt(0), "cost_ratio"]
    if not paid.empty:
        smallest = 10.0 ** math.floor(math.log10(paid.min()))
        axes.set_xscale("symlog", linthresh=smallest, linscale=0.5)
        axes.xaxis.set_major_formatter("{x:g}")
    else:
        axes.set_xlim(-0.1, 1.1)
    axes.margins(x=0.1, y=0.1)
    axes.set(
        xlabel="multiply-accumulates of the adaptation,\nrelative to a supernet from scratch",
        ylabel="regret (percentage points)",
    )


def _names(axes: Axes, rows: pd.DataFrame, looks: Mapping[str, Mark]) -> None:
    """The legend: one line per row, with its regret and SD."""
    for place_of, row in enumerate(rows.to_dict("records")):
        look = looks[row["strategy"]]
        axes.errorbar(
            row["regret"], place_of, xerr=row["regret_sd"], ecolor=look.colour, capsize=2.5,
            elinewidth=1, **look.points(FILLS[row["kind"]]),
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [looks[strategy].name for strategy in rows["strategy"]])
    axes.set(ylim=(len(rows) - 0.4, -0.6))
    axes.set_xlabel("regret (percentage points; bars: SD)")


def _lines(plane: Axes, names: Axes, regrets: Mapping[str, float]) -> None:
    for number, (reference, regret) in enumerate(regrets.items()):
        dashes = _DASHES[number % len(_DASHES)]
        line: dict[str, Any] = {"color": "0.4", "linewidth": 1, "linestyle": dashes, "zorder": 1.5}
        plane.axhline(regret, label=reference, **line)
        names.axvline(regret, **line)
