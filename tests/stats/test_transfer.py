import dataclasses
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import rank_against_predictor, rank_transfer


@pytest.fixture
def sides():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(40, 1))
    return truth + 0.5 * rng.normal(size=(40, 3)), truth + 0.7 * rng.normal(size=(40, 2))


def test_point_estimates_equal_scipy(sides):
    x, y = sides
    result = rank_transfer(x, y, resamples=99)
    mean_x, mean_y = x.mean(1), y.mean(1)
    assert result.tau_b == pytest.approx(stats.kendalltau(mean_x, mean_y).statistic)
    assert result.spearman == pytest.approx(stats.spearmanr(mean_x, mean_y).statistic)
    assert result.weighted_tau == pytest.approx(stats.weightedtau(mean_x, mean_y).statistic)
    seed_x = np.mean(
        [stats.kendalltau(x[:, i], x[:, j]).statistic for i, j in [(0, 1), (0, 2), (1, 2)]]
    )
    seed_y = stats.kendalltau(*y.T).statistic
    assert (result.seed_tau_x, result.seed_tau_y) == pytest.approx((seed_x, seed_y))
    r_x, r_y = (math.sin(math.pi / 2 * tau) for tau in (seed_x, seed_y))
    rel_x, rel_y = 3 * r_x / (1 + 2 * r_x), 2 * r_y / (1 + r_y)
    ceiling = 2 / math.pi * math.asin(math.sqrt(rel_x * rel_y))
    assert result.noise_ceiling == pytest.approx(ceiling)
    assert result.difference == pytest.approx(ceiling - result.tau_b)
    corrected = math.sin(math.pi / 2 * result.tau_b) / math.sqrt(rel_x * rel_y)
    expected = 1.0 if corrected > 1 else 2 / math.pi * math.asin(corrected)
    assert result.tau_corrected == pytest.approx(expected)
    assert result.clipped == (corrected > 1)
    single = 2 / math.pi * math.asin(math.sqrt(r_x * r_y))
    across = np.mean([stats.kendalltau(a, b).statistic for a in x.T for b in y.T])
    assert result.difference_single == pytest.approx(single - across)


def test_interval_equals_a_plain_bootstrap(sides):
    x, y = (side.mean(1) for side in sides)
    result = rank_transfer(x, y, resamples=999)
    rng = np.random.default_rng(123)
    rows = rng.integers(0, 40, size=(999, 40))
    plain = np.quantile([stats.kendalltau(x[r], y[r]).statistic for r in rows], [0.025, 0.975])
    assert (result.ci_low, result.ci_high) == pytest.approx(plain, abs=0.03)


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(5, 12))
def test_the_order_of_rows_changes_nothing(random, n):
    rng = np.random.default_rng(n)
    x, y = rng.integers(0, 4, size=(2, n, 2)) / 10
    x[0, 0] = np.nan
    order = list(range(n))
    random.shuffle(order)
    assert rank_transfer(x, y, resamples=39) == rank_transfer(x[order], y[order], resamples=39)


def test_the_order_of_replicates_makes_no_ties_and_breaks_none():
    # 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in the last bit.
    x = np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.9, 0.9, 0.9], [0.5, 0.5, 0.5]])
    result = rank_transfer(x, [1, 2, 3, 4], resamples=39)
    assert result.ties_x == 1


def test_same_input_same_result_and_the_seed_matters(sides):
    first = rank_transfer(*sides, resamples=99)
    assert first == rank_transfer(*sides, resamples=99)
    other = rank_transfer(*sides, resamples=99, seed=1)
    assert other.tau_b == first.tau_b
    assert other.ci_low != first.ci_low


def test_swapping_sides_mirrors_the_result(sides):
    x, y = sides
    one, two = rank_transfer(x, y, resamples=99), rank_transfer(y, x, resamples=99)
    assert one.tau_b == two.tau_b
    assert one.noise_ceiling == pytest.approx(two.noise_ceiling)
    assert (one.n_x, one.ties_x, one.seed_tau_x) == (two.n_y, two.ties_y, two.seed_tau_y)


def test_monotone_changes_of_single_replicates_change_no_rank_statistic():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 30))
    before = rank_transfer(x, y, resamples=99)
    # Powers of two keep equal what was equal and the rows in their order.
    after = rank_transfer(4 * x, y, resamples=99)
    assert before == after


def test_missing_rows_are_dropped_and_counted(sides):
    x, y = (side.copy() for side in sides)
    x[3, 1] = y[5, 0] = np.nan
    result = rank_transfer(x, y, resamples=99)
    keep = np.delete(np.arange(40), [3, 5])
    assert (result.n, result.n_dropped) == (38, 2)
    expected = rank_transfer(x[keep], y[keep], resamples=99)
    assert dataclasses.replace(result, n_dropped=0) == expected


def test_ties_are_counted():
    result = rank_transfer([1, 1, 1, 2, 2], [1, 2, 3, 4, 4], resamples=39)
    assert (result.ties_x, result.ties_y) == (4, 1)
    assert result.tau_b == pytest.approx(stats.kendalltau([1, 1, 1, 2, 2], [1, 2, 3, 4, 4])[0])


def test_a_single_replicate_has_no_ceiling(sides):
    x, y = sides
    result = rank_transfer(x[:, 0], y, resamples=99)
    missing = (
        result.noise_ceiling,
        result.ceiling_low,
        result.tau_corrected,
        result.clipped,
        result.difference,
        result.p_value,
        result.verdict,
    )
    assert missing == (None,) * 7
    assert result.tau_b is not None
    assert result.ci_low is not None
    assert result.notes == ("x has a single replicate: no noise ceiling without a second one",)


def test_a_constant_side_is_none_with_a_reason(sides):
    result = rank_transfer(np.ones((40, 3)), sides[1], resamples=99)
    assert (result.tau_b, result.ci_low, result.spearman, result.verdict) == (None,) * 4
    assert any("x is constant" in note for note in result.notes)


def test_a_constant_replicate_is_none_with_a_reason(sides):
    x = sides[0].copy()
    x[:, 1] = 0.1
    result = rank_transfer(x, sides[1], resamples=99)
    assert result.tau_b is not None
    assert (result.noise_ceiling, result.verdict) == (None, None)
    assert any("a replicate of x is constant" in note for note in result.notes)


def test_replicates_that_disagree_leave_no_correction():
    up = np.arange(20.0)
    result = rank_transfer(np.c_[up, -up + 0.1 * up**1.01], np.c_[up, up], resamples=99)
    assert result.noise_ceiling == 0
    assert result.tau_corrected is None
    assert any("no better than chance" in note for note in result.notes)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_too_few_rows_are_none_with_a_reason(n):
    x = np.arange(2.0 * n).reshape(n, 2)
    result = rank_transfer(x, x, resamples=39)
    assert result.n == n
    assert (result.ci_low, result.p_value, result.verdict) == (None,) * 3
    assert "complete rows" in result.notes[0]
    assert result.tau_b == (1.0 if n > 1 else None)


def test_undefined_resamples_are_counted():
    result = rank_transfer([0, 0, 0, 0, 0, 1], [0, 1, 2, 3, 4, 5], resamples=199)
    assert result.ci_low is not None
    assert any("resamples held a constant variable" in note for note in result.notes)


def test_no_field_is_ever_nan():
    nasty = np.array([[0.1, 0.1], [0.1, 0.1], [0.1, 0.2], [np.nan, 0.3], [0.1, 0.1], [0.1, 0.1]])
    for result in (
        rank_transfer(nasty, nasty, resamples=39),
        rank_against_predictor(nasty[:, 1], nasty, resamples=39),
    ):
        for value in dataclasses.asdict(result).values():
            assert not (isinstance(value, float) and math.isnan(value))


def test_a_predictor_carries_no_noise_of_its_own():
    rng = np.random.default_rng(2)
    predictor = rng.normal(size=400)
    target = predictor[:, None] + rng.normal(size=(400, 3))
    result = rank_against_predictor(predictor, target, resamples=99)
    r = math.sin(math.pi / 2 * result.seed_tau_y)
    reliability = 3 * r / (1 + 2 * r)
    assert result.noise_ceiling == pytest.approx(2 / math.pi * math.asin(math.sqrt(reliability)))
    assert result.noise_ceiling == pytest.approx(2 / math.pi * math.asin(math.sqrt(0.75)), abs=0.03)
    assert result.verdict == "not distinguishable from noise"
    assert result.notes == ()


def test_a_predictor_has_one_column(sides):
    with pytest.raises(InputError, match="predictor: has 3 columns"):
        rank_against_predictor(sides[0], sides[1])


def test_too_few_resamples_are_refused(sides):
    with pytest.raises(InputError, match="at least 39"):
        rank_transfer(*sides, resamples=10)


@pytest.mark.slow
def test_a_whole_search_space_in_seconds():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(15_625, 1))
    sides = [truth + 0.5 * rng.normal(size=(15_625, 3)) for _ in range(2)]
    # Two cores in 20 s are 40 s of CPU; wall time would measure the neighbours of this process.
    start = time.process_time()
    result = rank_transfer(*sides, resamples=1000)
    assert time.process_time() - start <= 40
    assert result.ci_high - result.ci_low < 0.02
