from itertools import combinations
from math import asin, pi, sin, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import repeatability, replicates_to_agree, replicates_to_repeat
from imbnas.stats.reliability import replicates_for, spearman_brown

TAUS = st.floats(0.01, 0.99)


def drawn(n=40, replicates=3, noise=0.6, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1)) + noise * rng.normal(size=(n, replicates))


def mean_tau(matrix):
    pairs = combinations(matrix.T, 2)
    return np.mean([stats.kendalltau(first, second).statistic for first, second in pairs])


def ceiling(tau, replicates):
    single = max(sin(pi / 2 * tau), 0)
    return 2 / pi * asin(replicates * single / (1 + (replicates - 1) * single))


def test_seed_tau_is_scipys_mean_over_pairs_and_the_ceiling_follows_by_hand():
    matrix = drawn()
    found = repeatability(matrix, mean_of=5, resamples=199)
    assert found.seed_tau == pytest.approx(mean_tau(matrix))
    assert found.ceiling == pytest.approx(ceiling(mean_tau(matrix), 5))
    assert (found.n, found.n_dropped, found.mean_of) == (40, 0, 5)


def test_a_golden_value():
    # One of six pairs is exchanged, one, and both: tau is 2/3, 2/3 and 1/3.
    matrix = np.array([[1, 1, 2], [2, 2, 1], [3, 4, 3], [4, 3, 4]], dtype=float)
    found = repeatability(matrix)
    assert found.seed_tau == pytest.approx(5 / 9)
    # 5/9 of 90° are 50°, of sine 0.766044; three replicates have 0.907604, the sine of 65.1763°.
    assert found.ceiling == pytest.approx(65.17628 / 90, abs=1e-6)


def test_intervals_are_those_of_a_plain_bootstrap_and_the_ceiling_has_its_bounds_transformed():
    matrix = drawn()
    found = repeatability(matrix, resamples=999)
    rows = np.random.default_rng(1).integers(0, 40, size=(999, 40))
    plain = np.quantile([mean_tau(matrix[row]) for row in rows], [0.025, 0.975])
    assert [found.seed_tau_low, found.seed_tau_high] == pytest.approx(plain, abs=0.04)
    for tau, limit in (
        (found.seed_tau_low, found.ceiling_low),
        (found.seed_tau_high, found.ceiling_high),
    ):
        assert limit == pytest.approx(ceiling(tau, 3))


def test_few_architectures_have_no_interval_and_twins_count_once():
    assert repeatability(drawn(9)).seed_tau_low is None
    assert repeatability(drawn(10)).seed_tau_low is not None
    twins = np.repeat(np.arange(9), 2)
    found = repeatability(np.repeat(drawn(9), 2, axis=0), classes=twins)
    assert found.seed_tau is not None
    assert found.seed_tau_low is None


def test_what_cannot_be_told_is_none():
    single = repeatability(drawn(20, replicates=1))
    assert (single.seed_tau, single.ceiling, single.n) == (None, None, 20)
    matrix = drawn(20)
    matrix[:19, 1] = np.nan
    assert repeatability(matrix).seed_tau is None
    assert repeatability(matrix).n_dropped == 19
    assert repeatability(np.zeros((12, 2))).seed_tau is None
    with pytest.raises(InputError, match="infinite"):
        repeatability(np.array([[1.0, np.inf]]))


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_spearman_and_brown_are_inverted(single, wanted):
    needed = replicates_for(single, wanted)
    assert needed is not None
    assert float(spearman_brown(np.array([single]), needed)[0]) == pytest.approx(wanted)


@given(TAUS, TAUS)
def test_so_many_replicates_repeat_the_ranking_as_well_as_wanted(tau, wanted):
    needed = replicates_to_repeat(tau, wanted)
    assert needed is not None
    assert ceiling(tau, needed) == pytest.approx(wanted)


@given(TAUS, TAUS, TAUS)
def test_so_many_replicates_agree_as_well_as_wanted_if_any_number_does(tau, limit, wanted):
    needed = replicates_to_agree(tau, limit, wanted)
    if wanted >= limit:
        assert needed is None
        return
    assume(limit - wanted > 1e-6)
    assert needed is not None
    single = sin(pi / 2 * tau)
    reliability = needed * single / (1 + (needed - 1) * single)
    assert 2 / pi * asin(sin(pi / 2 * limit) * sqrt(reliability)) == pytest.approx(wanted)


def test_goals_that_no_number_of_replicates_reaches():
    assert replicates_to_repeat(0.0, 0.8) is None
    assert replicates_to_repeat(-0.3, 0.8) is None
    assert replicates_to_repeat(0.5, 1.0) is None
    assert replicates_to_repeat(1.0, 0.8) == 0
    assert replicates_to_agree(0.5, -0.2, 0.1) is None
    assert replicates_to_agree(0.5, 0.4, -0.1) == 0
