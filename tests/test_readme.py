"""What the README shows of a published table is in that table."""

from pathlib import Path

import pandas as pd
import pytest

from imbnas.leaderboards.excerpt import COLUMNS, excerpt
from imbnas.leaderboards.tables.formats import to_csv

CHECKOUT = Path(__file__).resolve().parents[1]
PUBLISHED = CHECKOUT / "leaderboards" / "lt-digits@2" / "mini"


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
