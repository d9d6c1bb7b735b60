import numpy as np
import pytest

from imbnas.errors import InputError
from imbnas.stats import pair_values, t_interval


def judged(rng, replicates, rows, columns, pairs):
    """Chance of who chose, of who judged, and of each pair; the true mean is 0."""
    of_row, of_column = rng.normal(size=(2, replicates))
    chance = rng.normal(size=(replicates, replicates))
    return rows * of_row[:, None] + columns * of_column + pairs * chance


def covers(values):
    interval = t_interval(values, np.zeros_like(values))
    return interval.low <= 0 <= interval.high


def coverage(replicates, sizes, draws):
    """Shares of intervals that hold the truth: of pair values, and of means over judges."""
    rng, hits = np.random.default_rng(0), np.zeros(2)
    for _ in range(draws):
        matrix = judged(rng, replicates, *sizes)
        np.fill_diagonal(matrix, np.nan)
        hits += covers(pair_values(matrix)), covers(np.nanmean(matrix, axis=1))
    return hits / draws


def test_both_sides_are_covered_where_means_over_judges_are_not():
    found = coverage(6, (0.3, 1, 0.3), 300)
    # 0.95 less two standard errors of 300 draws.
    assert found[0] >= 0.925
    assert found[1] < 0.75


@pytest.mark.slow
@pytest.mark.parametrize("replicates", [3, 6, 12])
@pytest.mark.parametrize("sizes", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (0.3, 1, 0.3)])
def test_coverage_in_full(replicates, sizes):
    assert coverage(replicates, sizes, 2000)[0] >= 0.93


def test_values_are_tukeys_and_their_mean_is_that_of_all_pairs():
    matrix = judged(np.random.default_rng(1), 5, 1, 1, 1)
    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    whole = np.mean([matrix[pair] for pair in pairs])
    expected = [
        5 * whole - 4 * np.mean([matrix[pair] for pair in pairs if r not in pair]) for r in range(5)
    ]
    found = pair_values(matrix)
    assert found == pytest.approx(expected)
    assert found.mean() == pytest.approx(whole)


def test_two_replicates_have_a_pair_each_and_one_has_none():
    assert pair_values([[9, 1], [3, 9]]).tolist() == [1, 3]
    assert np.isnan(pair_values([[1.0]])).all()


def test_a_replicate_that_is_missing_on_one_side_is_left_out_on_both():
    matrix = judged(np.random.default_rng(1), 5, 1, 1, 1)
    kept = [0, 1, 2, 4]
    expected = pair_values(matrix[np.ix_(kept, kept)])
    for place in (np.s_[3, :], np.s_[:, 3]):
        holed = matrix.copy()
        holed[place] = np.nan
        found = pair_values(holed)
        assert found[kept] == pytest.approx(expected)
        assert np.isnan(found[3])


def test_what_is_no_square_or_misses_a_single_value_is_refused():
    with pytest.raises(InputError, match="not square"):
        pair_values(np.zeros((2, 3)))
    matrix = np.zeros((4, 4))
    matrix[0, 2] = np.nan
    with pytest.raises(InputError, match="missing alone"):
        pair_values(matrix)
