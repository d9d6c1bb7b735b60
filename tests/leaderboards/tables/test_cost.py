"""Seconds of strategies stand beside their multiply-accumulates, and nothing is counted twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.cost import cost
from imbnas.leaderboards.tables.formats import to_csv
from imbnas.suites.choice import SearcherChoice
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.records import Record

from ...factories import resolve, varied

PART = "adaptation"
SECONDS = {  # (strategy, kind) → seconds in each replicate
    ("p1", "adapt"): (2.0, 3.0, 4.0),
    ("p3", "adapt"): (10.0, 12.0, 20.0),
    ("p1", "search"): (1.0, 1.0, 2.0),
    ("p3", "search"): (2.0, 3.0, 4.0),
}


@pytest.fixture(scope="module")
def timed(
    tiny_suite: Path, fabricate_records: Callable[[ResolvedSuite], Iterator[Record]]
) -> Results:
    """Strategies p1 and p3 with known seconds; p3 takes five times the multiply-accumulates."""
    resolved = resolve(tiny_suite, replicates=3, parts={PART: {"strategies": ("p1", "p3")}})
    records = {record.identity: record for record in fabricate_records(resolved)}
    results = Results(resolved, records)
    part = resolved.suite.parts[PART]
    for (strategy, kind), seconds in SECONDS.items():
        for chain, took in zip(results.chains(part, strategy), seconds, strict=True):
            identity = getattr(chain, kind).identity
            macs = 5_000 if (strategy, kind) == ("p3", "adapt") else 1_000
            spent = {"seconds": took, "macs": macs}
            records[identity] = varied(records[identity], cost=spent)
    return Results.collect(resolved, records.values())


def of_strategies(results: Results) -> pd.DataFrame:
    table = cost(results)
    return table[table["kind"].eq("strategy")].set_index("what")


def test_seconds_are_compared_with_those_of_p3_replicate_by_replicate(timed: Results) -> None:
    rows = of_strategies(timed)
    assert list(rows.index) == ["p1", "p3"]
    p1 = rows.loc["p1"]
    assert (p1["adapt_seconds"], p1["search_seconds"]) == (3, pytest.approx(4 / 3))
    assert p1["seconds_ratio"] == pytest.approx(np.mean([2 / 10, 3 / 12, 4 / 20]))
    assert p1["seconds_ratio_with_search"] == pytest.approx(np.mean([3 / 12, 4 / 15, 6 / 24]))
    assert p1["macs_ratio"] == pytest.approx(1 / 5)
    assert (p1["part"], p1["condition"], p1["scheme"]) == (PART, "digits@10x", "cb-drw")
    assert (p1["n_replicates"], p1["n_missing"]) == (3, 0)
    ratios = ["seconds_ratio", "seconds_ratio_with_search", "macs_ratio"]
    assert rows.loc["p3", ratios].eq(1).all()


def test_a_missing_unit_is_counted_and_leaves_its_replicate_out(timed: Results) -> None:
    chains = timed.chains(timed.resolved.suite.parts[PART], "p3")
    lost = chains[1].adapt.identity
    kept = {identity: r for identity, r in timed.records.items() if identity != lost}
    rows = of_strategies(Results(timed.resolved, kept))
    assert rows.loc["p1", "seconds_ratio"] == pytest.approx(np.mean([2 / 10, 4 / 20]))
    assert (rows.loc["p1", "n_missing"], rows.loc["p3", "n_missing"]) == (0, 1)


def test_without_p3_there_is_no_ratio_of_seconds(fabricated: Results) -> None:
    rows = of_strategies(fabricated)
    assert list(rows.index) == ["p0", "p1"]
    assert rows[["seconds_ratio", "seconds_ratio_with_search"]].isna().all().all()
    assert rows["adapt_seconds"].eq(1.5).all()


def test_sums_over_the_table_count_every_unit_once(timed: Results) -> None:
    table = cost(timed)
    costs = [record.cost for record in timed.records.values()]
    assert table["units"].sum() == len(costs)
    assert table["seconds"].sum() == pytest.approx(sum(each.seconds for each in costs))
    assert table["macs"].sum() == sum(each.macs for each in costs)
    assert not any(".0," in line for line in to_csv(table).splitlines())


def test_each_searcher_has_a_row(tiny_suite: Path, fabricate_records) -> None:
    resolved = resolve(
        tiny_suite,
        parts={PART: {"searchers": ("by-chance",)}},
        fidelities={
            "only": {
                "searchers": {
                    "by-chance": SearcherChoice(name="random", options={"evaluations": 3})
                }
            }
        },
    )
    rows = of_strategies(Results.collect(resolved, fabricate_records(resolved)))
    assert list(zip(rows.index, rows["searcher"], strict=True)) == [
        (strategy, searcher) for strategy in ("p0", "p1") for searcher in ("evolution", "by-chance")
    ]


def test_sums_beyond_64_bits_keep_their_digits(timed: Results) -> None:
    records = {
        identity: varied(record, cost={"macs": 2**62}) for identity, record in timed.records.items()
    }
    table = cost(Results(timed.resolved, records))
    rows = table[table["kind"] != "strategy"]
    assert rows["macs"].tolist() == [2**62 * int(units) for units in rows["units"]]
    assert max(rows["macs"]) > 2**63
    assert "-9223372036854775808" not in to_csv(table)
    assert str(3 * 2**62) in to_csv(table)
