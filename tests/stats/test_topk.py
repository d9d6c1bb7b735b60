from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.stats import best_rank_at_k, regret, top_k_overlap

tied = st.lists(st.integers(0, 3).map(float), min_size=6, max_size=6)
k_of_six = st.integers(1, 6)


def tops(values, k):
    """Every top k that some breaking of ties yields."""
    least = sorted(values)[-k]
    above = {i for i, value in enumerate(values) if value > least}
    equal = [i for i, value in enumerate(values) if value == least]
    return [above | set(rest) for rest in combinations(equal, k - len(above))]


def test_by_hand():
    predicted, actual = [5, 4, 3, 2, 1], [0.5, 0.9, 0.8, 0.7, 0.6]
    assert top_k_overlap(predicted, actual, 2) == 0.5
    assert best_rank_at_k(predicted, actual, 1) == 1.0
    assert best_rank_at_k(predicted, actual, 2) == 0.2
    assert regret(predicted, actual).mean == pytest.approx(0.4)
    assert regret(predicted, actual, 2).mean == pytest.approx(0.0)


@given(tied, tied, k_of_six)
def test_ties_are_broken_at_random(predicted, actual, k):
    found = tops(predicted, k)
    wanted = tops(actual, k)
    overlap = np.mean([len(a & b) / k for a in found for b in wanted])
    assert top_k_overlap(predicted, actual, k) == pytest.approx(overlap)
    rank = [1 + sum(other > value for other in actual) for value in actual]
    best = np.mean([min(rank[i] for i in top) / 6 for top in found])
    assert best_rank_at_k(predicted, actual, k) == pytest.approx(best)
    lost = np.mean([max(actual) - max(actual[i] for i in top) for top in found])
    assert regret(predicted, actual, k).mean == pytest.approx(lost)


@given(tied, k_of_six)
def test_a_perfect_prediction(values, k):
    spread = [value + i / 100 for i, value in enumerate(values)]
    assert top_k_overlap(spread, spread, k) == pytest.approx(1)
    assert best_rank_at_k(spread, spread, k) == pytest.approx(1 / 6)
    assert regret(spread, spread, k).mean == pytest.approx(0)


def test_regret_over_replicates():
    predicted = [[1, 3], [2, 2], [3, 1]]
    actual = [[0.4, 0.6], [0.9, 0.7], [1.0, 1.0]]
    found = regret(predicted, actual)
    assert (found.mean, found.n) == (pytest.approx(0.25), 2)
    assert found.sd == pytest.approx(np.std([0.0, 0.5], ddof=1))


def test_missing_rows_are_left_out():
    assert top_k_overlap([3, 2, np.nan], [1, 2, 9], 2) == 1.0
    assert regret([3, 2, np.nan], [1, 2, 9]).mean == 1.0


@pytest.mark.parametrize("k", [0, 4])
@pytest.mark.parametrize("function", [top_k_overlap, best_rank_at_k, regret])
def test_k_must_fit(function, k):
    with pytest.raises(InputError, match=rf"k: {k} is not between 1 and .* 3"):
        function([1, 2, 3], [1, 2, 3], k)
