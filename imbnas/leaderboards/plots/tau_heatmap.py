"""Rank correlation of every two trainings, as figure 1 of IMB-NAS, with noise ceilings."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from imbnas.leaderboards.plots.figures import new_figure
from imbnas.leaderboards.plots.marks import shortened
from imbnas.leaderboards.tables.transfer_rows import transfer_rows


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


def matrix(
    rows: pd.DataFrame,
) -> tuple[list[str], "np.ndarray[tuple[int, int], np.dtype[np.float64]]", list[list[str]]]:
    """Labels, tau-b and text of every cell; seed against seed on the diagonal, NaN for a gap."""
    rows = rows.assign(
        x_label=rows["x"] + "\n" + rows["x_scheme"], y_label=rows["y"] + "\n" + rows["y_scheme"]
    )
    labels = list(dict.fromkeys([*rows["x_label"], *rows["y_label"]]))
    place = {label: index for index, label in enumerate(labels)}
    taus = np.full((len(labels), len(labels)), np.nan)
    texts = [[""] * len(labels) for _ in labels]
    for row in rows.to_dict("records"):
        i, j = place[row["x_label"]], place[row["y_label"]]
        for a, b in ((i, j), (j, i)):
            taus[a, b] = row["tau_b"]
            texts[a][b] = f"{row['tau_b']:.2f}\n({_number(row['noise_ceiling'])})"
        for a, seed in ((i, row["seed_tau_x"]), (j, row["seed_tau_y"])):
            if pd.notna(seed):
                taus[a, a], texts[a][a] = seed, f"{seed:.2f}"
    return labels, taus, texts


def _number(value: float | None) -> str:
    return "none" if value is None or pd.isna(value) else f"{value:.2f}"
