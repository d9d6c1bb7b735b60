"""The suite's answers, a sentence each."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from imbnas.leaderboards.chart_data.correlations import transfer_rows
from imbnas.leaderboards.chart_data.verdicts import by_verdict
from imbnas.leaderboards.tables.class_orders import ORDERS_NEEDED
from imbnas.stats import MIN_MODELS

_VERDICTS = {
    "changed": "so the ranking changed by more than noise explains",
    "not distinguishable from noise": "so the change is not distinguishable from noise",
    "inconclusive": "so whether the ranking changed is open (inconclusive)",
}


def answer(tables: Mapping[str, pd.DataFrame]) -> str:
    """Say how well a ranking carries over to another training, and what it means.

    It is that of the first pair of trainings that changed; where none did, of the first pair, which
    is the reference and the first target, in the part with the most pairs.

    Args:
        tables: name → table, as ``build_tables`` makes them or as read from their CSV files.
    """
    rows = transfer_rows(tables["rank_correlation"])
    if rows.empty:
        return _nothing(tables["rank_correlation"])
    changed = rows[rows["verdict"].eq("changed")]
    row = rows.iloc[0] if changed.empty else changed.iloc[0]
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


def tally(tables: Mapping[str, pd.DataFrame]) -> str | None:
    """Say how many pairs of trainings have which verdict.

    Returns:
        ``None`` where fewer than two pairs have one.
    """
    rows = by_verdict(transfer_rows(tables["rank_correlation"]))
    verdicts = [verdict for verdict in rows.get("verdict", ()) if verdict in _VERDICTS]
    if len(verdicts) < 2:
        return None
    told = [f"{number} {verdict}" for verdict, number in Counter(verdicts).items()]
    return f"Of {len(verdicts)} pairs of trainings: {', '.join(told)}."


def findings(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """All that a run found, a sentence for each kind of question that it has begun to answer.

    Args:
        tables: as ``answer``.

    Returns:
        At least one sentence, which may say that nothing is known yet.
    """
    ranked, strategies = tables["rank_correlation"], strategies_answer(tables)
    begun = not transfer_rows(ranked).empty or ranked["n_missing"].eq(0).any()
    rankings = [answer(tables)] if begun or strategies is None else []
    return [*rankings, *([strategies] if strategies else [])]


def strategies_answer(tables: Mapping[str, pd.DataFrame]) -> str | None:
    """Say which strategies may find the best architectures, for the first adaptation.

    Those are the strategies that no other is shown to beat, so that no two of them are told apart.

    Returns:
        ``None`` where no two strategies have an accuracy yet.
    """
    table = tables["adaptation"]
    if "accuracy_rank_low" not in table:
        return None
    rows = table[table["accuracy_rank_low"].notna()]
    rows = rows[rows["part"].isin(rows["part"].head(1))]
    if len(rows) < 2:
        return None
    labels = rows["strategy"].astype(str)
    if rows["searcher"].nunique() > 1:
        labels = labels + " by " + rows["searcher"].astype(str)
    first = rows["accuracy_rank_low"].eq(1)
    row = rows.iloc[0]
    route = f"({row['source']} to {row['target']})"
    return (
        f"Of {len(rows)} strategies, {_first(list(labels[first]), list(labels[~first]))} {route}."
    )


def _first(first: list[str], others: list[str]) -> str:
    """Say who may be first."""
    if not others:
        return "the data tell no two apart by the accuracy of what they find"
    if len(first) == 1:
        return f"{first[0]} finds the most accurate architectures"
    few = len(first) <= len(others)
    who = f"any of {_listed(first)}" if few else f"any but {_listed(others)}"
    return f"{who} may find the most accurate architectures: the data do not tell them apart"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


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
        found.append("Too small to conclude from: take at least 64 architectures and 3 replicates.")
    return found
