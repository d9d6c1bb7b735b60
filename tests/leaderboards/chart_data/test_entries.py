"""Entries: ranks that strategies share, order, origin, and cost, from tables written by hand."""

import io

import pandas as pd
import pytest

from imbnas.leaderboards.chart_data.entries import Band, entries

ADAPTATION = """\
part,strategy,searcher,adapt_macs,search_macs,accuracy_rank,accuracy_rank_low,accuracy_rank_high,\
tau_rank,tau_rank_low,tau_rank_high,origin,verified
first,slow,evolution,70,5,3,2,3,1,1,3,,
first,best,evolution,10,5,1,1,2,3,1,3,suite,
first,close,evolution,,5,2,1,3,2,1,3,submitted,5% by 0.1.0
first,plain,,,,,,,,,,,
second,lone,random,0,4,1,1,1,,,,submitted,0
"""
COST = """\
kind,what,part,searcher,adapt_seconds,search_seconds
adapt,best,,,9,9
strategy,best,first,evolution,1.5,0.25
strategy,best,second,evolution,7,7
strategy,close,first,evolution,,0.5
"""


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return {"adaptation": read(ADAPTATION), "cost": read(COST)}


def test_entries_stand_by_rank_in_their_parts(tables: dict[str, pd.DataFrame]) -> None:
    found = entries(tables)
    assert [(e.part, e.strategy, e.line) for e in found] == [
        ("first", "best", 1),
        ("first", "close", 2),
        ("first", "slow", 0),
        ("first", "plain", 3),
        ("second", "lone", 4),
    ]
    assert [e.bands.get("accuracy") for e in found] == [
        Band(1, 2, 1, 3),
        Band(1, 3, 2, 3),
        Band(2, 3, 3, 3),
        None,
        Band(1, 1, 1, 1),
    ]
    # The two that are not told apart share rank 1.
    assert [e.bands["accuracy"].text for e in found[:3]] == ["1 to 2", "1 to 3", "2 to 3"]
    assert found[4].bands["accuracy"].text == "1"
    assert found[0].bands["tau"] == Band(1, 3, 3, 3)
    assert "regret" not in found[0].bands


def test_rows_without_origin_are_the_suites_own(tables: dict[str, pd.DataFrame]) -> None:
    found = {e.strategy: (e.own, e.verified) for e in entries(tables)}
    assert found == {
        "slow": (True, True),
        "best": (True, True),
        "plain": (True, True),
        "close": (False, True),
        "lone": (False, False),
    }
    plain = tables | {"adaptation": tables["adaptation"].drop(columns=["origin", "verified"])}
    assert all(e.own and e.verified for e in entries(plain))


@pytest.mark.parametrize("verified", [None, "", "no", "0", 0, 0.0, "0%", "false"])
def test_what_says_no_is_not_verified(verified: object) -> None:
    row = {"part": "p", "strategy": "s", "origin": "somebody", "verified": verified}
    (found,) = entries({"adaptation": pd.DataFrame([row])})
    assert not found.own
    assert not found.verified


def test_costs_are_of_adaptation_and_search_together(tables: dict[str, pd.DataFrame]) -> None:
    found = {e.strategy: (e.macs, e.seconds) for e in entries(tables)}
    assert found == {
        "best": (15, 1.75),
        "slow": (75, None),
        "close": (None, None),
        "plain": (None, None),
        "lone": (4, None),
    }


def test_tables_of_older_versions_have_entries_without_ranks() -> None:
    old = tables_of_older_version()
    assert [(e.strategy, e.searcher, e.bands, e.seconds) for e in entries(old)] == [
        ("p0", "", {}, None),
        ("p1", "", {}, None),
    ]
    assert entries({"adaptation": pd.DataFrame()}) == []


def tables_of_older_version() -> dict[str, pd.DataFrame]:
    return {
        "adaptation": read("part,strategy,adapt_macs,search_macs\na,p0,0,3\na,p1,1,3\n"),
        "cost": read("kind,what,seconds\nadapt,p0,1\n"),
    }
