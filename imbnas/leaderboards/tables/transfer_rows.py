"""The rows of ``rank_correlation`` that compare two trainings of one population."""

import pandas as pd


def transfer_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the first part and population that compare two trainings and have a tau-b.

    Rows of plain parameter and MAC counts, which name no scheme of x, are left out.
    """
    if table.empty:
        return table
    rows = table[table["tau_b"].notna() & table["x_scheme"].fillna("").ne("")]
    if rows.empty:
        return rows
    first = rows.iloc[0]
    return rows[rows["part"].eq(first["part"]) & rows["population"].eq(first["population"])]
