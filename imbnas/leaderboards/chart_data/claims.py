"""Claims and what the run says of them, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class AnsweredClaim:
    """One claim of the suite.

    Attributes:
        name: of its table in the suite file.
        statement: what is said.
        source: by whom.
        answer: ``supported``, ``contradicted`` or ``cannot tell``.
        evidence: one sentence for each row that it rests on.
    """

    name: str
    statement: str
    source: str
    answer: str
    evidence: tuple[str, ...]


def answered_claims(tables: Mapping[str, pd.DataFrame]) -> list[AnsweredClaim]:
    """The claims in the order of the table.

    Args:
        tables: name → table, as ``build_tables`` makes them or as read from their CSV files; none
            where a suite has no claims.
    """
    table = tables.get("claims", pd.DataFrame(columns=["claim"]))
    return [
        AnsweredClaim(
            name=str(name),
            statement=rows.iloc[0]["statement"],
            source=rows.iloc[0]["source"],
            answer=rows.iloc[0]["answer"],
            evidence=tuple(_sentence(row) for row in rows.to_dict("records")),
        )
        for name, rows in table.groupby("claim", sort=False)
    ]


def _sentence(row: Mapping[Any, Any]) -> str:
    """Effect, interval, margin and power of a row, and its own answer."""
    where = f"{row['rests_on']}: "
    if pd.isna(row["effect"]):
        return f"{where}no result yet."
    text = f"{where}{row['effect']:.3g} {row['unit']}"
    if pd.notna(row["low"]):
        text += f" ({row['low']:.3g} to {row['high']:.3g})"
    if pd.notna(row["margin"]):
        text += f", margin {row['margin']:.3g}"
    if pd.notna(row["smallest_effect"]):
        text += f", smallest effect that this run could show {row['smallest_effect']:.3g}"
    return f"{text}: {row['row_answer']}."
