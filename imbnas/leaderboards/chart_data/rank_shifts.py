"""Balanced and long-tailed ranks of the architectures."""

import pandas as pd

MOVERS = 6


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``architectures``: those of the first part that have both ranks."""
    if table.empty:
        return table
    first = table[table["part"].eq(table["part"].iloc[0])]
    return first.dropna(subset=["balanced_rank", "long_tailed_rank"])


def movers(ranks: pd.DataFrame, count: int = MOVERS) -> pd.DataFrame:
    """The architectures whose rank changes most; of equal ones the alphabetically first.

    Args:
        ranks: as ``ranked`` returns them.
        count: how many at most; those that keep their rank are none.
    """
    by_size = ranks.assign(size=-ranks["rank_difference"].abs())
    ordered = by_size.sort_values(["size", "architecture"], kind="stable")
    return ordered[ordered["size"].lt(0)].head(count)
