"""The table of docs/supernets.md is in the published board."""

import pandas as pd
import pytest

from imbnas.leaderboards.tables.formats import to_markdown

from .pages import DOCS

BOARD = DOCS.parent / "leaderboards" / "supernet-sanity@1" / "mini"
COLUMNS = ["part", "strategy", "tau_b", "ci_low", "ci_high", "noise_ceiling"]
SHOWN = ["p0", "params", "source-accuracy"]


@pytest.mark.skipif(not BOARD.is_dir(), reason="no board of supernet-sanity is published")
def test_the_page_shows_the_published_taus() -> None:
    rows = pd.read_csv(BOARD / "adaptation.csv")
    shown = to_markdown(rows.loc[rows["strategy"].isin(SHOWN), COLUMNS])
    assert shown in (DOCS / "supernets.md").read_text()
