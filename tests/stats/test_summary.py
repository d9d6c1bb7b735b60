import numpy as np
import pytest
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import mean_sd, t_interval
from imbnas.stats.summary import interval_of_mean


def test_mean_and_sd_by_hand():
    summary = mean_sd([1.0, 2.0, np.nan, 6.0])
    assert (summary.mean, summary.sd) == pytest.approx((3.0, np.sqrt(7)))
    assert (summary.n, summary.n_missing) == (3, 1)


def test_spread_needs_two_values_and_a_mean_one():
    assert mean_sd([4.0]).sd is None
    assert mean_sd([4.0]).mean == 4.0
    assert mean_sd([np.nan]).mean is None


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_t_interval_equals_scipy(level):
    a, b = np.random.default_rng(0).normal(size=(2, 5))
    test = stats.ttest_rel(a, b)
    expected = test.confidence_interval(level)
    found = t_interval(a, b, level=level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.p_value == pytest.approx(test.pvalue)
    assert found.mean == pytest.approx((a - b).mean())


def test_incomplete_pairs_are_dropped():
    found = t_interval([1, 2, np.nan, 4], [0, 0, 0, np.nan])
    assert (found.n, found.n_dropped, found.mean) == (2, 2, 1.5)


@pytest.mark.parametrize(
    ("first", "second", "note"),
    [([1], [0], "one pair"), ([np.nan], [0], "no complete pair"), ([2, 3], [1, 2], "equal")],
)
def test_degenerate_cases_give_a_reason(first, second, note):
    found = t_interval(first, second)
    assert note in found.note
    assert found.p_value is None


def test_unusable_settings():
    with pytest.raises(InputError, match="level"):
        t_interval([1, 2], [3, 5], level=95)
    with pytest.raises(InputError, match="rows"):
        t_interval([1, 2], [3])


def test_the_interval_of_a_mean_is_that_of_its_values() -> None:
    values = np.array([80.5, 82.25, 79.0, 84.0])
    known = t_interval(values, np.zeros(4))
    found = interval_of_mean(float(values.mean()), float(values.std(ddof=1)), 4)
    assert found == pytest.approx((known.low, known.high))
    # 2.131847 is the 95th percentile of t with 4 degrees of freedom.
    assert interval_of_mean(10.0, 5**0.5, 5, level=0.9) == pytest.approx((7.868153, 12.131847))
    assert interval_of_mean(3.0, 0.0, 2) == (3.0, 3.0)


def test_an_interval_needs_two_values_and_a_level() -> None:
    for arguments in ({"n": 1}, {"n": 2, "level": 1.0}):
        with pytest.raises(InputError):
            interval_of_mean(1.0, 1.0, **arguments)
