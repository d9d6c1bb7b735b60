"""Balanced and long-tailed ranks of the architectures."""

import pandas as pd


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``architectures``: those of the first part that have both ranks."""
    if table.empty:
        return table
    first = table[table["part"].eq(table["part"].iloc[0])]
    return first.dropna(subset=["balanced_rank", "long_tailed_rank"])
