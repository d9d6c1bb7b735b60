from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import quantile_strata, stratified_tau, tau_b


def test_cost_alone_explains_nothing_within_strata():
    rng = np.random.default_rng(0)
    cost = np.repeat([1.0, 2.0, 3.0, 4.0], 50)
    x, y = cost + 0.1 * rng.normal(size=(2, 200))
    assert tau_b(x, y) > 0.6
    found = stratified_tau(x, y, cost.astype(int), resamples=199)
    assert abs(found.tau_b) < 0.12
    assert found.ci_low < 0 < found.ci_high
    assert [(s.label, s.n) for s in found.strata] == [(str(i), 50) for i in range(1, 5)]


@given(st.lists(st.integers(0, 4).map(float), min_size=12, max_size=12), st.integers(0, 99))
def test_one_stratum_is_plain_tau(values, seed):
    y = np.random.default_rng(seed).integers(0, 4, size=12)
    found = stratified_tau(values, y, ["all"] * 12, resamples=39)
    expected = tau_b(values, y)
    assert found.tau_b == expected
    assert found.strata[0].tau_b == expected


def test_pooled_by_hand():
    # Stratum a: one concordant pair. Stratum b: three pairs, one tied in x, two discordant.
    found = stratified_tau([1, 2, 5, 5, 6], [1, 2, 3, 2, 1], list("aabbb"), resamples=39)
    assert found.tau_b == pytest.approx((1 - 2) / np.sqrt((1 + 2) * (1 + 3)))
    per_stratum = [stratum.tau_b for stratum in found.strata]
    assert per_stratum == pytest.approx([1.0, stats.kendalltau([5, 5, 6], [3, 2, 1]).statistic])


def test_missing_values_and_labels_are_dropped():
    found = stratified_tau([1, 2, 3, np.nan], [1, 2, 3, 4], [0, 0, np.nan, 0], resamples=39)
    assert (found.n, found.n_dropped, found.tau_b) == (2, 2, 1.0)


def test_a_stratum_without_rows_or_pairs_has_no_tau():
    found = stratified_tau([1, 2, np.nan, 4], [1, 2, 3, 4], [0, 0, 1, 2], resamples=39)
    assert [(s.n, s.tau_b) for s in found.strata] == [(2, 1.0), (0, None), (1, None)]


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 30))
    labels = rng.integers(0, 3, size=30)
    order = rng.permutation(30)
    first = stratified_tau(x, y, labels, resamples=99)
    assert first == stratified_tau(x[order], y[order], labels[order], resamples=99)


def test_quantile_strata_by_hand():
    assert quantile_strata([1, 2, 3, 4], 2).tolist() == [0, 0, 1, 1]
    assert quantile_strata([7, 7, 7, 9], 2).tolist() == [0, 0, 0, 1]
    assert quantile_strata([7, 7], 3).tolist() == [0, 0]


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=50), st.integers(1, 6))
def test_quantile_strata_follow_the_values(values, bins):
    labels = quantile_strata(values, bins)
    assert set(labels) == set(range(labels.max() + 1))
    assert labels.max() < bins
    order = np.argsort(values, kind="stable")
    assert (np.diff(labels[order]) >= 0).all()
    for value in set(values):
        assert len(set(labels[np.array(values) == value])) == 1


@pytest.mark.parametrize(("values", "bins"), [([], 2), ([1, np.nan], 2), ([1, 2], 0)])
def test_unusable_strata(values, bins):
    with pytest.raises(InputError):
        quantile_strata(values, bins)


def test_labels_must_be_labels():
    with pytest.raises(InputError, match="strata"):
        stratified_tau([1, 2], [1, 2], [[1], [2]])


def test_replicates_of_equal_number_can_be_kept_apart():
    rng = np.random.default_rng(5)
    strata = np.repeat(np.arange(4), 8)
    subset = 2 * rng.normal(size=(32, 4))
    x, y = (subset + rng.normal(size=(32, 4)) for _ in range(2))
    together = stratified_tau(x, y, strata, resamples=99)
    found = stratified_tau(x, y, strata, resamples=99, replicates=(range(4), range(4)))
    assert together.tau_b > 0.5
    assert abs(found.tau_b) < 0.25
    splits = [
        (list(chosen), [r for r in range(4) if r not in chosen])
        for chosen in combinations(range(4), 2)
    ]
    by_hand = [stratified_tau(x[:, i], y[:, j], strata, resamples=99).tau_b for i, j in splits]
    assert found.tau_b == pytest.approx(np.mean(by_hand))
    single = stratified_tau(x[:, :1], y[:, :1], strata, resamples=99, replicates=([0], [0]))
    assert (single.tau_b, single.ci_low, single.strata[0].tau_b) == (None, None, None)
