"""Accuracy on classes with many, medium and few training images."""

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from imbnas.leaderboards.plots.figures import new_figure

GROUPS = ("many", "medium", "few")


def draw(tables: Mapping[str, pd.DataFrame], title: str) -> Figure | None:
    """Bars of every model and group, one row of bars a condition; an empty group has no bar.

    Returns:
        ``None`` where no model has an accuracy on two or more groups of a condition.
    """
    bars = grouped(tables["baselines"])
    if bars.empty:
        return None
    conditions = list(dict.fromkeys(bars["training"]))
    figure = new_figure(9.0, 0.8 + 3.2 * len(conditions))
    for axes, condition in zip(
        figure.subplots(len(conditions), squeeze=False)[:, 0], conditions, strict=True
    ):
        chosen = bars[bars["training"].eq(condition)]
        order = [group for group in GROUPS if chosen["group"].eq(group).any()]
        sns.barplot(
            chosen, x="group", y="accuracy", hue="label", order=order, palette="deep", ax=axes
        )
        axes.set(ylim=(0, 100), xlabel="", ylabel="accuracy (%)", title=condition)
        axes.legend(title=None, fontsize="x-small", loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(title)
    return figure


def grouped(table: pd.DataFrame) -> pd.DataFrame:
    """Long form: training, label of the model, group, accuracy in percent.

    Conditions whose classes all fall into one group are left out.
    """
    labels = [
        str(source) if str(source).startswith("searched") else str(model)
        for source, model in zip(table["source"], table["model"], strict=True)
    ]
    named = table.assign(label=labels, training=table["condition"] + " " + table["scheme"])
    long = named.melt(
        id_vars=["training", "label"], value_vars=list(GROUPS), var_name="group",
        value_name="accuracy",
    ).dropna(subset=["accuracy"])  # fmt: skip
    long = long.assign(accuracy=long["accuracy"].astype(float))
    several = long.groupby("training")["group"].transform("nunique") > 1
    return long[several]
