import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import jackknife_interval, t_interval

from .chance import least

DRAWS = 3000


def differences(found, rivals):
    """(draws, R) found − the best rival by the mean of the other replicates."""
    values, total = np.empty(found.shape), rivals.sum(axis=2)
    for r in range(found.shape[1]):
        best = (total - rivals[:, :, r]).argmax(axis=1)
        values[:, r] = found[:, r] - rivals[np.arange(len(found)), best, r]
    return values


def half_widths(found, rivals):
    """Of Student's interval and of the jackknife, for many draws at once."""
    n = found.shape[1]
    student = differences(found, rivals).var(axis=1, ddof=1) / n
    without = [
        differences(np.delete(found, r, 1), np.delete(rivals, r, 2)).mean(axis=1) for r in range(n)
    ]
    jackknife = (n - 1) * np.var(without, axis=0)
    return stats.t.ppf(0.975, n - 1) * np.sqrt([student, jackknife])


def drawn(rng, replicates, number, spread, draws=DRAWS):
    true = spread * np.sort(rng.normal(size=number))
    rivals = true[:, None] + rng.normal(size=(draws, number, replicates))
    return rng.normal(size=(draws, replicates)), rivals


@pytest.mark.parametrize("replicates", [3, 4, 6, 12])
@pytest.mark.parametrize(("number", "spread"), [(3, 0.0), (12, 0.0), (12, 0.5), (12, 2.0)])
def test_intervals_hold_whatever_is_chosen(replicates, number, spread):
    found, rivals = drawn(np.random.default_rng(0), replicates, number, spread)
    mean = differences(found, rivals).mean(axis=1)
    held = [np.mean(abs(mean - mean.mean()) <= half) for half in half_widths(found, rivals)]
    print(f"{replicates} replicates, {number} rivals, spread {spread}: "  # noqa: T201
          f"Student {held[0]:.3f}, jackknife {held[1]:.3f}")  # fmt: skip
    assert held[1] >= least(0.95, DRAWS)
    if replicates == 12 and spread == 0 and number == 12:
        assert held[0] < 0.9


def test_it_is_the_interval_of_many_draws_at_once():
    found, rivals = drawn(np.random.default_rng(1), 5, 4, 0.3, draws=6)
    whole = differences(found, rivals).mean(axis=1)
    for draw, half in enumerate(half_widths(found, rivals)[1]):
        without = [
            differences(np.delete(found, r, 1), np.delete(rivals, r, 2))[draw].mean()
            for r in range(5)
        ]
        interval = jackknife_interval(whole[draw], without)
        assert interval.low == pytest.approx(whole[draw] - half)
        assert interval.high == pytest.approx(whole[draw] + half)


@given(st.lists(st.integers(-100, 100), min_size=3, max_size=8))
def test_of_a_mean_it_is_students(values):
    values = np.array(values, dtype=float)
    without = [np.delete(values, place).mean() for place in range(len(values))]
    found, student = jackknife_interval(values.mean(), without), t_interval(values, 0 * values)
    assert (found.mean, found.n) == (pytest.approx(student.mean), student.n)
    if np.ptp(values):
        assert (found.low, found.high) == pytest.approx((student.low, student.high))
        assert found.p_value == pytest.approx(student.p_value)


def test_what_cannot_be_left_out_gives_no_interval():
    assert jackknife_interval(1.0, [0.9, 1.1]).low is None
    assert jackknife_interval(1.0, [0.9, 1.1, np.nan]).low is None
    assert jackknife_interval(np.nan, []).mean is None
    same = jackknife_interval(1.0, [1.0, 1.0, 1.0])
    assert (same.low, same.high, same.p_value) == (1.0, 1.0, None)
    with pytest.raises(InputError, match="level: 1 is not between 0 and 1"):
        jackknife_interval(1.0, [1.0, 1.0, 1.0], level=1)
