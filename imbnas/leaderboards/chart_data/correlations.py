"""The rank correlations that charts and the headline show."""

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats


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


def matrix(rows: pd.DataFrame) -> tuple[list[str], Floats, list[list[str]]]:
    """Labels, tau-b and text of every cell of a heat map.

    The text holds the noise ceiling in brackets; the diagonal holds seed against seed. A gap is
    NaN.

    Args:
        rows: as ``transfer_rows`` returns them.
    """
    rows = rows.assign(
        x_label=rows["x"] + "\n" + rows["x_scheme"], y_label=rows["y"] + "\n" + rows["y_scheme"]
    )
    labels = list(dict.fromkeys([*rows["x_label"], *rows["y_label"]]))
    place = {label: index for index, label in enumerate(labels)}
    taus = np.full((len(labels), len(labels)), np.nan)
    texts = [[""] * len(labels) for _ in labels]
    for row in rows.to_dict("records"):
        i, j = place[row["x_label"]], place[row["y_label"]]
        ceiling = row["noise_ceiling"]
        shown = "none" if pd.isna(ceiling) else f"{ceiling:.2f}"
        for a, b in ((i, j), (j, i)):
            taus[a, b] = row["tau_b"]
            texts[a][b] = f"{row['tau_b']:.2f}\n({shown})"
        for a, seed in ((i, row["seed_tau_x"]), (j, row["seed_tau_y"])):
            if pd.notna(seed):
                taus[a, a], texts[a][a] = seed, f"{seed:.2f}"
    return labels, taus, texts
