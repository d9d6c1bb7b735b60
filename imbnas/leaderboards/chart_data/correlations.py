"""The rank correlations that charts and the headline show."""

import pandas as pd


def transfer_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``rank_correlation`` that compare two trainings and have a tau-b.

    Those of the first part and population alone; rows of plain parameter and MAC counts, which
    name no scheme of x, are left out.
    """
    if table.empty:
        return table
    rows = table[table["tau_b"].notna() & table["x_scheme"].fillna("").ne("")]
    first = rows.head(1)
    return rows[rows["part"].isin(first["part"]) & rows["population"].isin(first["population"])]
