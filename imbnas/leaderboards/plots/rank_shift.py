"""Who moves when the data becomes long-tailed?"""

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from imbnas.leaderboards.plots.figures import COLOURS, new_figure

MOVERS = 6


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> Figure | None:
    """Balanced rank against long-tailed rank; the biggest movers are numbered and named below.

    Returns:
        ``None`` where no architecture has both ranks.
    """
    ranks = ranked(tables["architectures"])
    if ranks.empty:
        return None
    figure = new_figure(7.5, 8.0)
    axes = figure.subplots()
    limit = ranks[["balanced_rank", "long_tailed_rank"]].to_numpy().max() + 1
    axes.plot([0, limit], [0, limit], color="0.7", linewidth=1, zorder=1)
    sns.scatterplot(ranks, x="balanced_rank", y="long_tailed_rank", color=COLOURS[0], s=30, ax=axes)
    names = []
    for number, row in enumerate(movers(ranks).to_dict("records"), start=1):
        axes.plot(row["balanced_rank"], row["long_tailed_rank"], "o", color=COLOURS[1], zorder=3)
        axes.annotate(
            str(number), (row["balanced_rank"], row["long_tailed_rank"]), xytext=(5, 5),
            textcoords="offset points", color=COLOURS[1], weight="bold",
        )  # fmt: skip
        names.append(f"{number}  {row['rank_difference']:+.0f}  {row['architecture']}")
    axes.set(
        xlim=(0, limit), ylim=(0, limit), xlabel="rank on balanced data (1 is best)",
        ylabel="rank on long-tailed data", title=f"{title}: below the line gains, above it loses",
    )  # fmt: skip
    axes.set_aspect("equal")
    figure.supxlabel("\n".join(names), x=0.02, fontsize=6, family="DejaVu Sans Mono", ha="left")
    return figure


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Architectures of the first part that have both ranks."""
    if table.empty:
        return table
    first = table[table["part"].eq(table["part"].iloc[0])]
    return first.dropna(subset=["balanced_rank", "long_tailed_rank"])


def movers(ranks: pd.DataFrame, count: int = MOVERS) -> pd.DataFrame:
    """The architectures whose rank changes most; of equal ones the alphabetically first."""
    by_size = ranks.assign(size=-ranks["rank_difference"].abs())
    ordered = by_size.sort_values(["size", "architecture"], kind="stable")
    return ordered[ordered["size"].lt(0)].head(count)
