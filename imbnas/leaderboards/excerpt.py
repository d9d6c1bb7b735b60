"""The few rows and columns of a published table that a README shows.

``python -m imbnas.leaderboards.excerpt leaderboards/lt-digits@2/mini`` prints them as Markdown.
"""

import sys
from pathlib import Path

import pandas as pd

from imbnas.leaderboards.chart_data.correlations import transfer_rows
from imbnas.leaderboards.tables.formats import to_markdown

COLUMNS = (
    "x", "x_scheme", "y", "y_scheme", "tau_b", "ci_low", "ci_high", "noise_ceiling", "verdict",
)  # fmt: skip


def excerpt(folder: Path) -> str:
    """Markdown of the rows that compare two trainings, from ``rank_correlation.csv``.

    Raises:
        FileNotFoundError: the folder holds no such table.
    """
    rows = transfer_rows(pd.read_csv(folder / "rank_correlation.csv"))
    return to_markdown(rows[list(COLUMNS)])


if __name__ == "__main__":
    sys.stdout.write(excerpt(Path(sys.argv[1])))
