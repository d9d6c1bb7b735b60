"""Pairs of networks alike on balanced data, on records whose accuracies are known."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from imbnas.data.locations import DataLocations
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.motivation_pairs import COLUMNS, motivation_pairs
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.records import Record

from ...factories import make_record, train_metrics

PART = """
[parts.motivation]
kind = "motivation"
space = "darts"
size = 6
seed = 1
trainings = [
  { condition = "digits@1x" },
  { condition = "digits@1x:like-10x" },
  { condition = "digits@10x", scheme = "cb-drw" },
]

[fidelities.only.motivation]
epochs = 3
steps_per_epoch = 1
width = 4
depth = 1
"""
IMAGES = 1000
MACS = (100, 104, 100, 200, 206, 400)
BALANCED = np.array(  # correct images of 1,000 by network and replicate
    [
        [900, 904, 896],
        [902, 899, 905],
        [700, 704, 696],
        [850, 849, 854],
        [849, 856, 850],
        [900, 903, 899],
    ]
)
TAILED = np.array(
    [
        [600, 604, 606],
        [500, 509, 500],
        [660, 650, 655],
        [700, 702, 708],
        [699, 705, 701],
        [640, 650, 630],
    ]
)


@pytest.fixture(scope="module")
def resolved(tiny_suite: Path, tmp_path_factory: pytest.TempPathFactory) -> ResolvedSuite:
    path = tmp_path_factory.mktemp("suite") / "s.toml"
    text = tiny_suite.read_text()
    parts, fidelity = text.index("[parts.transfer]"), text.index("[fidelities.only]")
    text = text[:parts] + text[fidelity:].replace("replicates = 2", "replicates = 3")
    path.write_text(text + PART)
    locations = DataLocations.from_options(offline=True)
    return resolve_suite(SuiteRequest(read_suite(path), "only", locations))


def records(resolved: ResolvedSuite, tailed: np.ndarray = TAILED) -> Iterator[Record]:
    """The equally small balanced condition has the accuracies of the large one, less 10 points."""
    results = Results(resolved, {})
    part = resolved.suite.parts["motivation"]
    models = [model.label for model in resolved.motivation["motivation"]]
    for unit in results.expansion.motivation("motivation", part):
        place = models.index(unit.model.label)
        condition = results.condition(unit.data)
        correct = (tailed if condition == "digits@10x" else BALANCED)[place, unit.replicate]
        correct -= 100 * (condition == "digits@1x:like-10x")
        metrics = train_metrics(
            class_correct=(int(correct),) * 10, class_total=(IMAGES,) * 10, macs=MACS[place]
        )
        yield make_record(unit, metrics)


@pytest.fixture(scope="module")
def table(resolved: ResolvedSuite) -> pd.DataFrame:
    return motivation_pairs(Results.collect(resolved, records(resolved)))


def test_each_balanced_training_has_pairs_of_its_own(table: pd.DataFrame) -> None:
    assert list(table.columns) == list(COLUMNS)
    asked = table[["balanced", "long_tailed"]].drop_duplicates().to_numpy().tolist()
    assert asked == [["digits@1x", "digits@10x"], ["digits@1x:like-10x", "digits@10x"]]
    assert set(table["population"]) == {"darts: 6 distinct functions, seed 1"}
    assert set(table["class_orders"]) == {"identity"}


def test_networks_of_like_cost_and_balanced_accuracy_are_paired(
    resolved: ResolvedSuite, table: pd.DataFrame
) -> None:
    """The first and the last reach the same, at four times the cost; the third reaches less."""
    names = [model.label for model in resolved.motivation["motivation"]]
    rows = table[table["balanced"].eq("digits@1x")]
    found = [
        (names.index(a), names.index(b)) for a, b in zip(rows["first"], rows["second"], strict=True)
    ]
    assert sorted(found) == [(0, 1), (3, 4)]
    assert set(rows["n_pairs"]) == {2}
    assert rows["first_macs"].tolist() == [MACS[a] for a, _ in found]
    for (a, b), row in zip(found, rows.to_dict("records"), strict=True):
        assert row["balanced_first"] == pytest.approx(BALANCED[a].mean() / 10)
        assert row["balanced_second"] == pytest.approx(BALANCED[b].mean() / 10)
        assert abs(row["balanced_first"] - row["balanced_second"]) <= row["balanced_limit"]


def test_their_long_tailed_accuracies_are_compared_in_pairs_and_together(
    resolved: ResolvedSuite, table: pd.DataFrame
) -> None:
    names = [model.label for model in resolved.motivation["motivation"]]
    rows = table[table["balanced"].eq("digits@1x")].to_dict("records")
    tests = []
    for row in rows:
        a, b = (TAILED[names.index(row[side])] / 10 for side in ("first", "second"))
        test = ttest_rel(a, b)
        low, high = test.confidence_interval(0.95)
        assert row["difference"] == pytest.approx(np.mean(a - b))
        assert (row["difference_low"], row["difference_high"]) == (
            pytest.approx(low),
            pytest.approx(high),
        )
        assert row["long_tailed_first"] == pytest.approx(a.mean())
        tests.append(test.pvalue)
    smaller, larger = sorted(tests)
    adjusted = sorted(row["difference_p_adjusted"] for row in rows)
    assert adjusted == [pytest.approx(2 * smaller), pytest.approx(max(2 * smaller, larger))]
    assert {row["difference"] > 5: row["differs"] for row in rows} == {True: True, False: False}
    assert {row["n_differ"] for row in rows} == {1}
    differences = [TAILED[0] - TAILED[1], TAILED[3] - TAILED[4]]
    noise = np.mean([np.var(each / 10, ddof=1) for each in differences])
    square = np.mean([np.mean(each / 10) ** 2 for each in differences]) - noise / 3
    assert rows[0]["typical_difference"] == pytest.approx(np.sqrt(square))
    assert rows[0]["typical_p_value"] < 0.01


def test_pairs_are_chosen_without_looking_at_the_long_tail(
    resolved: ResolvedSuite, table: pd.DataFrame
) -> None:
    shuffled = np.random.default_rng(0).permuted(TAILED, axis=0)
    other = motivation_pairs(Results.collect(resolved, records(resolved, shuffled)))
    chosen = ["balanced", "first", "second", "balanced_first", "balanced_second", "balanced_limit"]
    pd.testing.assert_frame_equal(other[chosen], table[chosen])
    assert not other["difference"].equals(table["difference"])


def test_gaps_are_counted_and_a_comparison_without_a_pair_says_so(
    resolved: ResolvedSuite,
) -> None:
    held = list(records(resolved))
    results = Results.collect(resolved, held)
    (lost,) = (
        r
        for r in held
        if results.condition(r.unit.data) == "digits@10x"
        and r.unit.replicate == 2
        and r.metrics.macs == 104
    )
    fewer = motivation_pairs(Results.collect(resolved, [r for r in held if r is not lost]))
    assert set(fewer["n_missing"]) == {1}
    row = fewer[fewer["first_macs"].eq(100)].iloc[0]
    assert row["n_replicates"] == 2
    assert row["difference"] == pytest.approx((TAILED[0] - TAILED[1])[:2].mean() / 10)
    empty = motivation_pairs(Results.collect(resolved, []))
    assert len(empty) == 2
    assert set(empty["n_missing"]) == {36}
    assert set(empty["n_pairs"]) == {0}
    assert empty["note"].str.startswith("needs two networks").all()
    assert empty[["first", "difference", "typical_difference"]].isna().all().all()


def test_the_population_is_asked_the_same(fabricated: Results) -> None:
    table = motivation_pairs(fabricated)
    assert set(table["part"]) == {"transfer"}
    assert set(zip(table["balanced"], table["long_tailed"], strict=True)) == {
        ("digits@1x", "digits@10x")
    }
    macs = {m.architecture: m.macs for m in fabricated.resolved.population}
    for row in table[table["first"].notna()].to_dict("records"):
        first, second = macs[row["first"]], macs[row["second"]]
        assert (row["first_macs"], row["second_macs"]) == (first, second)
        assert max(first, second) <= 1.05 * min(first, second)
