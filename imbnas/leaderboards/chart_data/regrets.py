"""Regret and cost of the strategies of the first adaptation part."""

import pandas as pd

from imbnas.leaderboards.tables.shared.regrets import REFERENCES


def regretted(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``adaptation`` that have a regret; ``cost_ratio`` is 0 without supernet.

    References are not among them. A row without cost is one that needs no supernet, or one whose
    adaptation is not finished; the latter has no regret either.
    """
    rows = _of_first_part(table)
    rows = rows[~rows["strategy"].isin(REFERENCES)]
    kinds = rows["scored_on"].notna().map({True: "supernet", False: "no supernet"})
    return rows.assign(
        kind=kinds,
        cost_ratio=rows["cost_ratio"].astype(float).fillna(0.0),
        regret=rows["regret"].astype(float),
        regret_sd=rows["regret_sd"].astype(float).fillna(0.0),
    )


def references(table: pd.DataFrame) -> dict[str, float]:
    """Reference → its regret."""
    rows = _of_first_part(table)
    rows = rows[rows["strategy"].isin(REFERENCES)]
    return dict(zip(rows["strategy"], rows["regret"].astype(float), strict=True))


def route(rows: pd.DataFrame) -> str:
    """Source → target of rows of one part."""
    row = rows.iloc[0]
    return f"{row['source']} {row['source_scheme']} → {row['target']} {row['target_scheme']}"


def _of_first_part(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["regret"].notna()]
    return rows[rows["part"].isin(rows["part"].head(1))]
