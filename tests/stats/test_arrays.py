import numpy as np

from imbnas.stats import arrays
from imbnas.stats.arrays import complete_rows, replicate_mean


def test_equal_sets_of_replicates_have_equal_means_without_rounding(monkeypatch):
    monkeypatch.setattr(arrays, "MEAN_DIGITS", 30)
    matrix = np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]])
    assert matrix.mean(axis=1)[0] != matrix.mean(axis=1)[1]
    assert len(set(replicate_mean(matrix))) == 1


def test_equal_means_of_different_sets_are_tied():
    assert 0.1 + 0.7 != 0.4 + 0.4
    assert len(set(replicate_mean(np.array([[0.1, 0.7], [0.4, 0.4]])))) == 1


def test_the_mean_keeps_its_digits_at_every_scale():
    matrix = np.random.default_rng(0).normal(size=(20, 3))
    for scale in (1e-9, 1.0, 1e12):
        expected = scale * matrix.mean(1)
        error = np.abs(replicate_mean(scale * matrix) - expected)
        assert error.max() <= 1e-11 * np.abs(expected).max()
    assert replicate_mean(np.zeros((2, 3))).tolist() == [0, 0]


def test_complete_rows_keep_sides_together():
    x = np.array([[3.0], [np.nan], [1.0], [2.0]])
    y = np.array([[30.0, 31.0], [0.0, 0.0], [10.0, 11.0], [20.0, np.nan]])
    (kept_x, kept_y), dropped = complete_rows([x, y])
    assert kept_x.tolist() == [[1], [3]]
    assert kept_y.tolist() == [[10, 11], [30, 31]]
    assert dropped == 2
