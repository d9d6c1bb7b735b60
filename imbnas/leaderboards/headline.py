"""The suite's answer in one sentence, with its interval."""

from collections.abc import Mapping

import pandas as pd

from imbnas.leaderboards.chart_data.correlations import transfer_rows
from imbnas.leaderboards.tables.class_orders import ORDERS_NEEDED
from imbnas.stats import MIN_MODELS

_VERDICTS = {
    "changed": "so the ranking changed by more than noise explains",
    "not distinguishable from noise": "so the change is not distinguishable from noise",
    "inconclusive": "so whether the ranking changed is open (inconclusive)",
}


def answer(tables: Mapping[str, pd.DataFrame]) -> str:
    """Say how well the reference's ranking carries over to the first target, and what it means.

    Args:
        tables: name → table, as ``build_tables`` makes them or as read from their CSV files.
    """
    rows = transfer_rows(tables["rank_correlation"])
    if rows.empty:
        return _nothing(tables["rank_correlation"])
    row = rows.iloc[0]
    space = str(row["population"]).partition(":")[0]
    sentence = (
        f"The rankings of {row['n_architectures']} architectures of {space} on {row['x']} "
        f"({row['x_scheme']}) and on {row['y']} ({row['y_scheme']}) agree with Kendall's tau-b "
        f"{row['tau_b']:.2f}"
    )
    if pd.notna(row["ci_low"]):
        sentence += f" (95% interval {row['ci_low']:.2f} to {row['ci_high']:.2f})"
    if pd.notna(row["noise_ceiling"]):
        sentence += f"; noise alone would leave {row['noise_ceiling']:.2f}"
    if row["verdict"] in _VERDICTS:
        sentence += f", {_VERDICTS[row['verdict']]}"
    return sentence + "."


def _nothing(table: pd.DataFrame) -> str:
    """Why no two trainings have a rank correlation."""
    finished = table[table["n_missing"].eq(0)]
    if not finished.empty and finished["n_architectures"].max() < MIN_MODELS:
        return (
            f"{finished['n_architectures'].max()} architectures are too few for a rank "
            f"correlation, which needs {MIN_MODELS} distinct ones."
        )
    if not finished.empty and finished["n_replicates"].max() < 2:
        return (
            "A single replicate has no rank correlation: trainings of one dataset share images, "
            "and only different replicates are compared."
        )
    return "No two trainings have a rank correlation yet; run the suite to its end first."


def reservations(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What limits the answer, one sentence each."""
    rows = transfer_rows(tables["rank_correlation"])
    if rows.empty:
        return []
    first, found = rows.iloc[0], []
    orders = {order for text in rows["class_orders"].dropna() for order in text.split(", ")} - {""}
    if len(orders) < ORDERS_NEEDED:
        named = ", ".join(sorted(orders)) or "of balanced data"
        found.append(
            f"It holds for the class order {named} alone; "
            f"a claim about imbalance as such needs at least {ORDERS_NEEDED} orders."
        )
    if first["n_missing"]:
        found.append(f"{first['n_missing']} trainings failed or are not finished.")
    if first["n_architectures"] < 64 or first["n_replicates"] < 3:
        found.append("Too small to publish: at least 64 architectures and 3 replicates are needed.")
    return found
