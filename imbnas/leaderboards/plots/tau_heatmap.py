"""Rank correlation of every two trainings, as figure 1 of IMB-NAS, with noise ceilings."""

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from imbnas.leaderboards.chart_data.correlations import matrix, transfer_rows
from imbnas.leaderboards.chart_data.names import shortened
from imbnas.leaderboards.plots.figures import new_figure


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> Figure | None:
    """tau-b in each cell, with the tau that noise allows; seed against seed on the diagonal.

    Returns:
        ``None`` where no pair of trainings has a tau-b.
    """
    rows = transfer_rows(tables["rank_correlation"])
    if rows.empty:
        return None
    names, taus, texts = matrix(rows)
    labels = ["\n".join(map(shortened, name.split("\n"))) for name in names]
    size = 2.2 + 1.3 * len(labels)
    figure = new_figure(size + 0.6, size)
    axes = figure.subplots()
    sns.heatmap(
        pd.DataFrame(taus, labels, labels), annot=texts, fmt="", vmin=0, vmax=1, cmap="crest",
        square=True, linewidths=1, cbar_kws={"label": "Kendall's tau-b", "shrink": 0.8}, ax=axes,
    )  # fmt: skip
    axes.set_title(f"{title}\ntau-b (ceiling from seed noise); diagonal: seed against seed")
    for label in axes.get_xticklabels():
        label.set(rotation=30, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="y", rotation=0)
    return figure
