"""What following a strategy loses, against what the adaptation costs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from imbnas.leaderboards.plots.figures import COLOURS, new_figure
from imbnas.leaderboards.regrets import REFERENCES


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> Figure | None:
    """Cost ratio against regret with its SD over replicates; what costs nothing stands at 0.

    Lines show what a pick by chance loses, and one that is made with a training of each.

    Returns:
        ``None`` where no row has a regret.
    """
    rows = regretted(tables["adaptation"])
    if rows.empty:
        return None
    figure = new_figure(7.5, 4.8)
    axes = figure.subplots()
    for number, (kind, group) in enumerate(rows.groupby("kind", sort=True)):
        axes.errorbar(
            group["cost_ratio"], group["regret"], yerr=group["regret_sd"], fmt="none",
            ecolor=COLOURS[number], capsize=3, linewidth=1,
        )  # fmt: skip
        sns.scatterplot(
            group, x="cost_ratio", y="regret", color=COLOURS[number], s=45, label=kind, ax=axes
        )
    for names, cost, regret in labelled(rows):
        axes.annotate(
            names, (cost, regret), xytext=(6, 3), textcoords="offset points", fontsize="small"
        )
    for number, (reference, regret) in enumerate(references(tables["adaptation"]).items()):
        axes.axhline(
            regret, color="grey", linewidth=1, linestyle=(":", "--")[number % 2], label=reference
        )
    axes.set(
        xlabel="multiply-accumulates of the adaptation, relative to a supernet from scratch",
        ylabel="regret (percentage points; bars: SD)", title=f"{title}: lower left is better",
    )  # fmt: skip
    axes.margins(x=0.15)
    axes.legend(title=None, fontsize="small")
    return figure


def regretted(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the first adaptation part that have a regret; ``cost_ratio`` is 0 without supernet.

    References are not among them. A row without cost is one that needs no supernet, or one whose
    adaptation is not finished; the latter has no regret either.
    """
    rows = _of_first_part(table)
    rows = rows[~rows["strategy"].isin(REFERENCES)]
    kinds = rows["scored_on"].notna().map({True: "supernet", False: "no supernet"})
    return rows.assign(
        kind=kinds,
        cost_ratio=rows["cost_ratio"].astype(float).fillna(0.0),
        regret_sd=rows["regret_sd"].astype(float).fillna(0.0),
    )


def references(table: pd.DataFrame) -> dict[str, float]:
    """Reference → its regret in the first adaptation part."""
    rows = _of_first_part(table)
    rows = rows[rows["strategy"].isin(REFERENCES)]
    return dict(zip(rows["strategy"], rows["regret"].astype(float), strict=True))


def _of_first_part(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["regret"].notna()]
    return rows if rows.empty else rows[rows["part"].eq(rows["part"].iloc[0])]


def labelled(rows: pd.DataFrame) -> list[tuple[str, float, float]]:
    """Labels with their cost ratio and regret; points too close to tell apart share one."""
    spread = max(float(np.ptp(rows["regret"].astype(float))), 1e-9)
    labels: list[tuple[str, float, float]] = []
    for row in rows.sort_values(["cost_ratio", "regret", "strategy"]).to_dict("records"):
        name, cost, regret = row["strategy"], float(row["cost_ratio"]), float(row["regret"])
        if labels and labels[-1][1] == cost and regret - labels[-1][2] < 0.06 * spread:
            labels[-1] = (f"{labels[-1][0]}, {name}", cost, labels[-1][2])
        else:
            labels.append((name, cost, regret))
    return labels
