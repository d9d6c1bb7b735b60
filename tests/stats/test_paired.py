import numpy as np
import pytest
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import compare_strategies, paired_bootstrap


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    target = rng.normal(size=60)
    return {
        "good": target + 0.5 * rng.normal(size=60),
        "better": target + 0.3 * rng.normal(size=60),
        "blind": rng.normal(size=60),
    }, target


def test_point_estimate_equals_scipy(scores):
    named, target = scores
    found = paired_bootstrap(named["good"], named["blind"], target, resamples=99)
    good, blind = (stats.kendalltau(named[name], target).statistic for name in ("good", "blind"))
    assert (found.tau_first, found.tau_second) == pytest.approx((good, blind))
    assert found.difference == pytest.approx(good - blind)


def test_interval_equals_a_plain_paired_bootstrap(scores):
    named, target = scores
    found = paired_bootstrap(named["better"], named["good"], target, resamples=999)
    rows = np.random.default_rng(1).integers(0, 60, size=(999, 60))
    plain = [
        stats.kendalltau(named["better"][r], target[r]).statistic
        - stats.kendalltau(named["good"][r], target[r]).statistic
        for r in rows
    ]
    assert (found.difference_low, found.difference_high) == pytest.approx(
        np.quantile(plain, [0.025, 0.975]), abs=0.03
    )


def test_a_strategy_equals_itself(scores):
    named, target = scores
    found = paired_bootstrap(named["good"], named["good"], target, resamples=99)
    assert (found.difference, found.difference_low, found.difference_high, found.p_value) == (
        0,
        0,
        0,
        1,
    )


def test_all_pairs_are_corrected_together(scores):
    named, target = scores
    rows = compare_strategies(named, target, resamples=499)
    assert [(row.first, row.second) for row in rows] == [
        ("better", "blind"),
        ("better", "good"),
        ("blind", "good"),
    ]
    blind = [row for row in rows if "blind" in (row.first, row.second)]
    assert all(row.p_value == pytest.approx(2 / 500) for row in blind)
    assert all(row.p_adjusted == pytest.approx(6 / 500) for row in blind)
    assert all(row.p_adjusted >= row.p_value for row in rows)


def test_a_constant_strategy_is_none(scores):
    named, target = scores
    found = paired_bootstrap(np.ones(60), named["good"], target, resamples=99)
    assert (found.tau_first, found.difference, found.difference_low, found.p_value) == (None,) * 4


def test_rows_must_match(scores):
    named, target = scores
    with pytest.raises(InputError, match="better, target: 60 and 59 rows"):
        compare_strategies(named, target[:-1])


@pytest.mark.slow
def test_coverage_when_two_strategies_are_equally_good():
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(1000):
        target = rng.normal(size=50)
        first, second = target + 0.7 * rng.normal(size=(2, 50))
        found = paired_bootstrap(first, second, target, resamples=399)
        hits += found.difference_low <= 0 <= found.difference_high
    assert 0.93 <= hits / 1000 <= 0.985
