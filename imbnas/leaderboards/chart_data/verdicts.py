"""Verdicts of tables, and rows in the order of what they say."""

import pandas as pd

COLUMNS = {
    "rank_correlation": "verdict",
    "rankers": "verdict",
    "adaptation": "accuracy_vs_p0",
    "strategy_differences": "verdict",
    "motivation_pairs": "differs",
    "claims": "row_answer",
}
"""Table → its column of verdicts."""
_SHOWN = frozenset(
    ("changed", "better", "worse", "ranks better", "ranks worse", "supported", "contradicted",
     "True")
)  # fmt: skip
_SETTLED = frozenset(("not distinguishable from noise",))


def place(verdict: object) -> int:
    """0 for what was shown, 1 for what was shown to be small, 2 for what is open, 3 for none."""
    text = "" if pd.isna(verdict) else str(verdict)  # type: ignore[call-overload]
    if text in _SHOWN:
        return 0
    return 1 if text in _SETTLED else 2 if text else 3


def by_verdict(rows: pd.DataFrame, column: str = "verdict") -> pd.DataFrame:
    """The same rows, those that say most first, otherwise in their order."""
    if rows.empty:
        return rows
    places = [place(verdict) for verdict in rows[column]]
    order = sorted(range(len(rows)), key=places.__getitem__)
    return rows.iloc[order]
