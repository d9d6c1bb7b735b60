"""What the README shows of a published table is in that table."""

from pathlib import Path

import pandas as pd
import pytest

from imbnas.leaderboards.chart_data.correlations import transfer_rows
from imbnas.leaderboards.tables.formats import to_csv, to_markdown

CHECKOUT = Path(__file__).resolve().parents[1]
PUBLISHED = CHECKOUT / "leaderboards" / "lt-digits@3" / "mini"
COLUMNS = (
    "x", "x_scheme", "y", "y_scheme", "tau_b", "ci_low", "ci_high", "noise_ceiling", "verdict",
)  # fmt: skip


def excerpt(folder: Path) -> str:
    """What the README shows of ``rank_correlation.csv``: the rows that compare two trainings."""
    rows = transfer_rows(pd.read_csv(folder / "rank_correlation.csv"))
    return to_markdown(rows[list(COLUMNS)])


def test_an_excerpt_compares_trainings_only(tmp_path: Path) -> None:
    row = dict.fromkeys(COLUMNS, 0.5) | {
        "x": "digits@1x", "x_scheme": "ce", "y": "digits@20x", "y_scheme": "ce",
        "verdict": "inconclusive", "part": "transfer", "population": "p",
    }  # fmt: skip
    plain = row | {"x": "macs", "x_scheme": ""}
    (tmp_path / "rank_correlation.csv").write_text(to_csv(pd.DataFrame([row, plain])))
    lines = excerpt(tmp_path).splitlines()
    assert len(lines) == 3
    assert "digits@1x" in lines[2]
    assert "0.500" in lines[2]


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no tables of the default suite are published")
def test_the_readme_shows_the_published_rows() -> None:
    assert excerpt(PUBLISHED) in (CHECKOUT / "README.md").read_text()
