"""The table of docs/supernets.md is in the published board."""

from pathlib import Path

import pandas as pd
import pytest

from imbnas.leaderboards.tables.formats import to_markdown

CHECKOUT = Path(__file__).resolve().parents[2]
BOARD = CHECKOUT / "leaderboards" / "supernet-sanity@1" / "mini"
COLUMNS = ["part", "strategy", "tau_b", "ci_low", "ci_high", "noise_ceiling"]
SHOWN = ["p0", "params", "source-accuracy"]


@pytest.mark.skipif(not BOARD.is_dir(), reason="no board of supernet-sanity is published")
def test_the_page_shows_the_published_taus() -> None:
    rows = pd.read_csv(BOARD / "adaptation.csv")
    shown = to_markdown(rows.loc[rows["strategy"].isin(SHOWN), COLUMNS])
    assert shown in (CHECKOUT / "docs" / "supernets.md").read_text()
