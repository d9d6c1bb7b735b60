"""Pairs of networks that one measurement does not tell apart, compared in another."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import matched_pairs, spread

ONES = np.ones(50)


def test_the_limit_of_two_networks_is_that_of_a_paired_t_test():
    values = np.random.default_rng(0).normal(size=(2, 6))
    low, high = stats.ttest_rel(*values).confidence_interval(0.95)
    assert matched_pairs(values, ONES[:2]).limit == pytest.approx((high - low) / 2)


def test_the_limit_of_many_networks_is_that_of_a_two_way_layout():
    values = np.random.default_rng(1).normal(size=(7, 4)) + np.arange(7)[:, None] + np.arange(4)
    rows, columns = np.indices(values.shape)
    design = np.stack(
        [rows.ravel() == a for a in range(7)] + [columns.ravel() == r for r in range(1, 4)], axis=1
    )
    residuals = np.linalg.lstsq(design.astype(float), values.ravel(), rcond=None)[1]
    expected = stats.t.ppf(0.975, 18) * np.sqrt(2 * residuals[0] / 18 / 4)
    assert matched_pairs(values, ONES[:7]).limit == pytest.approx(expected)


def test_the_closest_pairs_are_taken_first_and_costs_must_be_alike():
    noise = np.array([-0.5, 0.5])
    means = np.array([10.0, 10.3, 10.1, 11.0, 10.04, 30.0])
    # Noise of opposite sign in every other network leaves a residual, so that there is a limit.
    values = means[:, None] + noise * np.array([1, -1, 1, -1, 1, -1])[:, None]
    costs = np.array([100, 100, 105, 100, 106, 100])
    found = matched_pairs(values, costs)
    # 0 and 4 are closest in value, but 106 is too dear; then 2 and 4; 0 and 1; 3 has 5 left.
    assert found.pairs[:2] == ((2, 4), (0, 1))
    assert found.limit == pytest.approx(stats.t.ppf(0.975, 5) * np.sqrt(2 * 0.6 / 2))
    assert (3, 5) not in found.pairs
    assert matched_pairs(values, costs, tolerance=0.06).pairs[0] == (0, 4)
    twins = matched_pairs(values, costs, classes=[0, 1, 2, 3, 2, 4])
    assert (2, 4) not in twins.pairs


@given(
    values=npst.arrays(float, (9, 3), elements=st.floats(0, 1, width=16)),
    costs=npst.arrays(float, 9, elements=st.floats(1, 1.3)),
    gap=st.integers(0, 8),
)
def test_pairs_match_are_disjoint_and_leave_no_match_over(values, costs, gap):
    values[gap, 1] = np.nan
    found = matched_pairs(values, costs)
    means = values.mean(axis=1)

    def matches(i, j):
        dear, cheap = max(costs[i], costs[j]), min(costs[i], costs[j])
        return dear <= 1.05 * cheap and abs(means[i] - means[j]) <= found.limit

    paired = [place for pair in found.pairs for place in pair]
    assert len(paired) == len(set(paired))
    assert gap not in paired
    assert found.n == 8
    assert all(matches(i, j) and i < j for i, j in found.pairs)
    left = set(range(9)) - {gap, *paired}
    assert not any(matches(i, j) for i, j in combinations(sorted(left), 2))
    distances = [abs(means[i] - means[j]) for i, j in found.pairs]
    assert distances == sorted(distances)
    assert bool(found.pairs) == (found.note == "")


def test_too_little_to_know_the_noise_gives_no_pair():
    assert matched_pairs([[0.5], [0.5]], [1, 1]).note.startswith("needs two networks")
    gap = matched_pairs([[0.5, 0.6], [0.5, np.nan]], [1, 1])
    assert (gap.pairs, gap.limit, gap.n) == ((), None, 1)
    far = matched_pairs([[0.5, 0.6], [0.9, 0.8], [0.1, 0.2]], [1, 2, 4])
    assert far.note == "no two of 3 networks match"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1, 2], [1, 2]], [1]), "values, costs"),
        (([[1, 2], [1, 2]], [1, 0]), "costs: one is not positive"),
        (([[1, 2], [1, 2]], [1, 1], {"tolerance": -0.1}), "tolerance: -0.1 is negative"),
        (([[1, 2], [1, 2]], [1, 1], {"level": 1}), "level: 1 is not between"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        matched_pairs(*arguments[:2], **dict(*arguments[2:]))


def test_the_spread_is_that_of_an_analysis_of_variance():
    rng = np.random.default_rng(3)
    differences = list(rng.normal(size=(5, 4)) + rng.normal(size=(5, 1)))
    differences[2] = np.array([0.3, np.nan, -0.2, np.nan])
    kept = [each[~np.isnan(each)] for each in differences]
    noise = sum(np.var(each, ddof=1) * (len(each) - 1) for each in kept) / 13
    ratio = sum(len(each) * each.mean() ** 2 for each in kept) / 5 / noise
    typical, p = spread(differences)
    assert p == pytest.approx(1 - stats.f.cdf(ratio, 5, 13))
    assert typical**2 == pytest.approx(np.mean([e.mean() ** 2 - noise / len(e) for e in kept]))
    assert spread([]) == spread([np.array([0.1, np.nan])]) == (None, None)


def simulated(rng, draws, true, shared=0.0, networks=40, replicates=3):
    """Typical differences and p-values of pairs; both sides share a part of their noise."""
    found = []
    for _ in range(draws):
        ability = rng.normal(scale=3, size=(networks, 1))
        subset = rng.normal(scale=shared, size=(networks, replicates))
        balanced = ability + subset + rng.normal(size=(networks, replicates))
        # Pairs alike on balanced data are not quite alike in truth; here the long tail is new.
        tailed = rng.normal(scale=true, size=(networks, 1)) + subset
        tailed = tailed + rng.normal(size=(networks, replicates))
        pairs = matched_pairs(balanced, np.ones(networks)).pairs
        differences = np.array([tailed[i] - tailed[j] for i, j in pairs])
        p = stats.ttest_1samp(differences, 0, axis=1).pvalue
        found.append((*spread(differences), p.min() * len(p)))
    return np.array(found)


@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_where_no_networks_differ_none_are_found_to(shared):
    found = simulated(np.random.default_rng(5), 300, 0.0, shared)
    assert np.mean(found[:, 1] <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)
    assert np.mean(found[:, 2] <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


def test_the_spread_is_that_of_the_truth():
    found = simulated(np.random.default_rng(6), 100, 2.0)
    assert np.sqrt(np.mean(found[:, 0] ** 2)) == pytest.approx(2 * np.sqrt(2), rel=0.05)
    # Together pairs show what three replicates of a single one hardly can.
    assert np.mean(found[:, 1] <= 0.05) == 1
    assert np.mean(found[:, 2] <= 0.05) < 0.8
