"""The rank correlations that charts and the headline show."""

import pandas as pd


def transfer_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``rank_correlation`` that compare two trainings and have a tau-b.

    Those of the part and population alone that have the most of them, of equal ones the first; rows
    of plain parameter and MAC counts, which name no scheme of x, are left out.
    """
    if table.empty:
        return table
    rows = table[table["tau_b"].notna() & table["x_scheme"].fillna("").ne("")]
    groups = [group for _, group in rows.groupby(["part", "population"], sort=False, dropna=False)]
    return max(groups, key=len, default=rows)
