"""Who moves when the data becomes long-tailed?"""

import textwrap
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from imbnas.leaderboards.chart_data.names import shortened
from imbnas.leaderboards.chart_data.rank_shifts import ranked
from imbnas.leaderboards.plots.figures import freeze, new_figure
from imbnas.leaderboards.plots.marks import COLOURS
from imbnas.leaderboards.plots.placing import place

MOVERS = 6
_WIDTH = 7.5
_LETTERS = 136
"""Letters of the names below that fit into a line."""
_LONGEST = 640
_LINE = 0.105
"""Height of a line of names, in inches."""


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> Figure | None:
    """Balanced rank against long-tailed rank; the biggest movers are numbered and named below.

    Returns:
        ``None`` where no architecture has both ranks.
    """
    ranks = ranked(tables["architectures"])
    if ranks.empty:
        return None
    moved = movers(ranks)
    rows = enumerate(moved.to_dict("records"), start=1)
    names = [line for number, row in rows for line in _lines(number, row)]
    figure = new_figure(_WIDTH, _WIDTH + _LINE * len(names))
    axes = figure.subplots()
    limit = ranks[["balanced_rank", "long_tailed_rank"]].to_numpy().max() + 1
    axes.plot([0, limit], [0, limit], color="0.7", linewidth=1, zorder=1)
    sns.scatterplot(ranks, x="balanced_rank", y="long_tailed_rank", color=COLOURS[0], s=30, ax=axes)
    axes.plot(
        moved["balanced_rank"], moved["long_tailed_rank"], linestyle="none", marker="o",
        color=COLOURS[1], zorder=3,
    )  # fmt: skip
    axes.set(
        xlim=(0, limit), ylim=(0, limit), xlabel="rank on balanced data (1 is best)",
        ylabel="rank on long-tailed data", title=f"{title}: below the line gains, above it loses",
    )  # fmt: skip
    axes.set_aspect("equal")
    figure.supxlabel("\n".join(names), x=0.02, fontsize=6, family="DejaVu Sans Mono", ha="left")
    freeze(figure)
    others = ranks.drop(moved.index)
    points = pd.concat([moved, others])[["balanced_rank", "long_tailed_rank"]].astype(float)
    notes = place(axes, points.to_numpy(), [str(n + 1) for n in range(len(moved))])
    for note in notes:
        note.set(color=COLOURS[1], weight="bold")
    return figure


def _lines(number: int, row: Mapping[Hashable, Any]) -> list[str]:
    """Number, rank difference and name; a DARTS genotype takes several lines."""
    head = f"{number}  {row['rank_difference']:+.0f}  "
    name = shortened(str(row["architecture"]), _LONGEST)
    return textwrap.wrap(
        head + name, _LETTERS, subsequent_indent=" " * len(head), replace_whitespace=False
    )


def movers(ranks: pd.DataFrame, count: int = MOVERS) -> pd.DataFrame:
    """The architectures whose rank changes most; of equal ones the alphabetically first."""
    by_size = ranks.assign(size=-ranks["rank_difference"].abs())
    ordered = by_size.sort_values(["size", "architecture"], kind="stable")
    return ordered[ordered["size"].lt(0)].head(count)
