from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.stats import regret_of_transfer

from .chance import least


def trained(rng, truths, replicates, shared, noise):
    """``noise`` is that of both sides, or of each."""
    effect = shared * rng.normal(size=(len(truths[0]), replicates))
    return [
        truth[:, None] + effect + sd * rng.normal(size=(len(truth), replicates))
        for truth, sd in zip(truths, np.broadcast_to(noise, 2), strict=True)
    ]


def coverage(replicates, noise, correlation, k, shared, draws, populations=4, n=64):
    """Share of intervals that hold the expected regret, and the expected gain."""
    rng = np.random.default_rng(5)
    numbers = (range(replicates), range(replicates)) if shared else None
    hits = []
    for _ in range(populations):
        x, other = rng.normal(size=(2, n))
        truths = [x, correlation * x + np.sqrt(1 - correlation**2) * other]
        found = [
            regret_of_transfer(
                *trained(rng, truths, replicates, shared, noise), k, replicates=numbers
            )
            for _ in range(draws)
        ]
        regret, gain = (np.mean([getattr(f, name) for f in found]) for name in ("regret", "gain"))
        hits += [(f.low <= regret <= f.high, f.gain_low <= gain <= f.gain_high) for f in found]
    return np.mean(hits, axis=0)


@pytest.mark.parametrize(("correlation", "k"), [(0.7, 1), (0.9, 10)])
def test_intervals_hold_the_expected_loss(correlation, k):
    assert min(coverage(4, 0.5, correlation, k, 0.0, 25)) >= 0.9


def test_intervals_hold_where_one_side_is_noisier():
    assert min(coverage(4, (0.3, 1.0), 0.9, 1, 0.5, 25)) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("replicates", [3, 6, 12])
@pytest.mark.parametrize(
    ("noise", "correlation", "k"),
    [
        (0.3, 0.7, 1),
        (0.5, 0.9, 10),
        (1.0, 0.9, 10),
        (0.5, 0.0, 1),
        (0.5, 0.6, 10),
        (0.3, 1.0, 1),
        ((0.3, 1.0), 0.9, 1),
        ((1.0, 0.3), 0.9, 10),
    ],
)
@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_coverage_in_full(replicates, noise, correlation, k, shared):
    # Twelve replicates are left out one by one: that takes long.
    populations = 6 if replicates < 12 else 2
    regret, gain = coverage(replicates, noise, correlation, k, shared, 60, populations)
    print(f"{replicates} replicates, noise {noise}, correlation {correlation}, top {k}, "  # noqa: T201
          f"shared {shared}: regret {regret:.3f}, gain {gain:.3f}")  # fmt: skip
    assert min(regret, gain) >= least(0.95, 60 * populations)


def slow_loss(x, y, k, numbers):
    """By enumeration of every way to break ties at the k-th place (no ties among choosers)."""
    lost = []
    for j in range(y.shape[1]):
        choosing = np.delete(y, j, axis=1).mean(axis=1)
        for i in range(x.shape[1]):
            if numbers[0][i] == numbers[1][j]:
                continue
            least = np.sort(x[:, i])[-k]
            sure = np.flatnonzero(x[:, i] > least)
            tied = np.flatnonzero(x[:, i] == least)
            picks = [
                max([*sure, *rest], key=lambda a, c=choosing: c[a])
                for rest in combinations(tied, k - len(sure))
            ]
            lost.append(y[np.argmax(choosing), j] - np.mean([y[a, j] for a in picks]))
    return np.mean(lost)


@given(st.integers(0, 10**6), st.integers(1, 7))
def test_it_is_the_expectation_over_ties(seed, k):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 3, size=(7, 3)).astype(float), rng.normal(size=(7, 3))
    for numbers in (([0, 1, 2], [3, 4, 5]), ([0, 1, 2], [2, 1, 0])):
        found = regret_of_transfer(x, y, k, replicates=numbers)
        assert found.regret == pytest.approx(slow_loss(x, y, k, numbers))
        flat = slow_loss(np.zeros((7, 3)), y, k, numbers)
        assert found.random_pick == pytest.approx(flat)
        assert found.gain == pytest.approx(found.random_pick - found.regret)
    assert regret_of_transfer(x, y, k) == regret_of_transfer(
        x, y, k, replicates=([0, 1, 2], [3, 4, 5])
    )


def test_by_hand():
    x = [[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]]
    y = [[0.5, 0.6], [0.9, 0.7], [0.8, 0.8]]
    # Judge 0: oracle 2 (0.8), picks 0 (0.5) and 2 (0.8). Judge 1: oracle 1 (0.7), picks 0.6, 0.8.
    found = regret_of_transfer(x, y)
    assert found.regret == pytest.approx(np.mean([0.3, 0.0, 0.1, -0.1]))
    assert found.random_pick == pytest.approx(np.mean([0.8 - 2.2 / 3, 0.7 - 0.7]))
    apart = regret_of_transfer(x, y, replicates=([0, 1], [0, 1]))
    assert apart.regret == pytest.approx(np.mean([0.0, 0.1]))
    assert (found.low, found.n_x, found.n_y) == (None, 2, 2)


def test_an_architecture_tied_among_choosers_counts_in_expectation():
    y = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    found = regret_of_transfer([2.0, 1.0, 0.0], y, exact=True)
    # The third judge: both are oracles, in expectation 0.5; the pick has 0.
    # The others: the second is the oracle, with 1, and so has the pick.
    assert found.regret == pytest.approx(0.5 / 3)


def test_numbers_pair_replicates_after_a_failed_one():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 20, 4))
    gap = x.copy()
    gap[:, 1] = np.nan
    numbers = ([0, 1, 2, 3], [0, 1, 2, 3])
    found = regret_of_transfer(gap, y, replicates=numbers)
    left = regret_of_transfer(x[:, [0, 2, 3]], y, replicates=([0, 2, 3], range(4)))
    assert (found.n_x, found.n_y, found.n_incomplete) == (3, 4, 1)
    assert (found.regret, found.low, found.gain_high) == (left.regret, left.low, left.gain_high)
    order = [2, 0, 3, 1]
    again = regret_of_transfer(x[:, order], y, replicates=(order, range(4)))
    whole = regret_of_transfer(x, y, replicates=numbers)
    assert again.regret == pytest.approx(whole.regret)
    assert again.low == pytest.approx(whole.low)


def test_what_misses_a_value_is_counted():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 20, 4))
    y[3] = np.nan
    x[5, 2] = np.nan
    found = regret_of_transfer(x, y)
    assert (found.n, found.n_dropped, found.n_x, found.n_incomplete) == (19, 1, 3, 1)


def test_a_fixed_ranking_has_an_interval_and_a_single_training_none():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=20), rng.normal(size=(20, 4))
    assert regret_of_transfer(x, y).low is None
    fixed = regret_of_transfer(x, y, exact=True)
    assert fixed.low < fixed.regret < fixed.high
    assert regret_of_transfer(x, y, replicates=([0], [0, 1, 2, 3])).n_y == 4


def test_no_loss_in_few_replicates_is_not_known_to_be_none():
    rng = np.random.default_rng(1)
    truth = np.arange(10.0)[:, None]
    x, y = (truth + 0.1 * rng.normal(size=(10, 3)) for _ in range(2))
    found = regret_of_transfer(x, y)
    assert found.regret == 0
    assert found.high > 0.1
    assert found.gain_low > 0


def test_without_a_pair_there_is_nothing():
    found = regret_of_transfer([1.0, 2.0], [[1.0], [2.0]])
    assert (found.regret, found.random_pick, found.gain, found.low) == (None,) * 4


@pytest.mark.parametrize("k", [0, 4])
def test_k_must_fit(k):
    with pytest.raises(InputError, match=rf"k: {k} is not between 1 and .* 3"):
        regret_of_transfer([1, 2, 3], np.ones((3, 3)), k)
