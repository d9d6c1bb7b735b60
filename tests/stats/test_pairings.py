import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import predictive_tau
from imbnas.stats.pairings import MAX_SPLITS, apart, halves, others

numbers = st.lists(st.integers(0, 8), min_size=1, max_size=8)


@given(numbers, numbers)
def test_halves_share_no_number_and_are_of_either_side(x, y):
    for left, right in halves(x, y):
        assert left
        assert right
        assert not {x[i] for i in left} & {y[j] for j in right}


@given(st.integers(2, 15))
def test_each_replicate_speaks_equally_often(n):
    pairings = halves(range(n), range(n))
    assert len(pairings) <= max(MAX_SPLITS, 2 * n)
    for side in (0, 1):
        counts = np.bincount([i for pairing in pairings for i in pairing[side]], minlength=n)
        assert len(set(counts)) == 1
    assert {len(left) + len(right) for left, right in pairings} == {n}


def test_by_hand():
    assert halves([0, 1], [0, 1]) == [((0,), (1,)), ((1,), (0,))]
    assert halves([0, 1], [2, 3]) == [((0, 1), (0, 1))]
    assert halves([0, 1, 2], [0]) == [((1, 2), (0,))]
    assert halves([0], [0]) == []
    assert len(halves(range(3), range(3))) == 6
    assert len(halves(range(6), range(6))) == 20
    assert apart([0, 1], [1, 2]) == [(0, 0), (0, 1), (1, 1)]
    assert others([0, 1], [1, 2]) == [(0, 1), (1,)]


def test_a_scorer_is_judged_by_other_images_than_its_own():
    rng = np.random.default_rng(0)
    truth, shared = rng.normal(size=(80, 1)), rng.normal(size=(80, 3))
    scores = truth + shared + 0.2 * rng.normal(size=(80, 3))
    accuracies = truth + shared + 0.2 * rng.normal(size=(80, 3))
    found = predictive_tau(scores, accuracies, replicates=([4, 5, 6], [4, 5, 6]), resamples=99)
    single = [
        stats.kendalltau(scores[:, s], np.delete(accuracies, s, axis=1).mean(axis=1)).statistic
        for s in range(3)
    ]
    assert found.tau_b == pytest.approx(np.mean(single))
    assert found.tau_b < predictive_tau(scores, accuracies, resamples=99).tau_b - 0.1
    r = np.sin(np.pi / 2 * predictive_tau(accuracies, accuracies, resamples=99).seed_tau)
    ceiling = 2 / np.pi * np.arcsin(np.sqrt(2 * r / (1 + r)))
    assert found.noise_ceiling == pytest.approx(ceiling)


def test_other_numbers_change_nothing():
    rng = np.random.default_rng(0)
    scores, accuracies = rng.normal(size=(2, 30, 3))
    plain = predictive_tau(scores, accuracies, resamples=99)
    assert plain == predictive_tau(
        scores, accuracies, replicates=([0, 1, 2], [3, 4, 5]), resamples=99
    )


def test_one_shared_replicate_leaves_no_judge():
    rng = np.random.default_rng(0)
    scores, accuracies = rng.normal(size=(2, 30, 1))
    found = predictive_tau(scores, accuracies, replicates=([0], [0]), resamples=99)
    assert (found.tau_b, found.ci_low, found.noise_ceiling) == (None, None, None)


def test_numbers_must_fit_the_columns():
    rng = np.random.default_rng(0)
    scores, accuracies = rng.normal(size=(2, 30, 3))
    with pytest.raises(InputError, match="replicates of accuracies: 2 for 3 columns"):
        predictive_tau(scores, accuracies, replicates=([0, 1, 2], [0, 1]))
