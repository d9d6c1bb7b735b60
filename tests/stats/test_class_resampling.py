"""Intervals over architectures that share functions resample whole classes."""

import numpy as np
import pytest

from imbnas.errors import InputError
from imbnas.stats import rank_against_predictor, rank_transfer
from imbnas.stats.bootstrap import resample_class_counts


def make_scores(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    true = rng.normal(size=n)
    return (true[:, None] + 0.5 * rng.normal(size=(n, 3)) for _ in range(2))


def test_members_of_a_class_come_together() -> None:
    classes = np.array([7.0, 7.0, 2.0, 9.0, 2.0])
    counts = resample_class_counts(classes, 200, np.random.default_rng(0))
    assert (counts[:, 0] == counts[:, 1]).all()
    assert (counts[:, 2] == counts[:, 4]).all()
    assert (counts[:, 0] + counts[:, 2] + counts[:, 3] == 3).all()


def test_classes_of_one_change_nothing_and_names_do_not_matter() -> None:
    x, y = make_scores(20)
    plain = rank_transfer(x, y, resamples=200)
    assert rank_transfer(x, y, classes=np.arange(20), resamples=200) == plain
    assert rank_transfer(x, y, classes=np.arange(20)[::-1] * 3, resamples=200) == plain


def test_twins_widen_the_interval_and_leave_the_estimate() -> None:
    x, y = make_scores(15)
    x, y = np.repeat(x, 6, axis=0), np.repeat(y, 6, axis=0)
    alone = rank_transfer(x, y, resamples=500)
    together = rank_transfer(x, y, classes=np.repeat(np.arange(15), 6), resamples=500)
    assert together.tau_b == alone.tau_b
    assert together.ci_low is not None
    assert alone.ci_low is not None
    width = together.ci_high - together.ci_low
    assert width > 1.5 * (alone.ci_high - alone.ci_low)
    # Copies carry no information: the width is that of the 15 alone.
    single = rank_transfer(x[::6], y[::6], resamples=500)
    assert width == pytest.approx(single.ci_high - single.ci_low, rel=0.25)


def test_predictors_take_classes_too() -> None:
    x, y = make_scores(12)
    classes = np.arange(12) // 2
    result = rank_against_predictor(x[:, 0], y, classes=classes, resamples=100)
    assert result.ci_low is not None
    with pytest.raises(InputError, match="x, classes"):
        rank_against_predictor(x[:, 0], y, classes=[1, 2], resamples=100)
