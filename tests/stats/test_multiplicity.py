import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.stats import holm, holm_verdicts, rank_transfer


def test_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_rows_without_a_test_are_not_counted():
    assert holm([None, 0.02, None, 0.5]) == (None, 0.04, None, 0.5)
    assert holm([]) == ()


def test_awaited_tests_count_as_if_they_showed_nothing():
    assert holm([None, 0.02, 0.5], awaited=2) == pytest.approx((None, *holm([0.02, 0.5, 1, 1])[:2]))


@given(st.lists(st.floats(0, 1), max_size=20))
def test_between_the_raw_and_bonferroni_and_in_the_same_order(values):
    adjusted = holm(values)
    for raw, p in zip(values, adjusted, strict=True):
        assert raw <= p <= min(1.0, raw * len(values)) + 1e-12
    order = np.argsort(values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.1])
def test_values_that_are_no_probability_are_refused(bad):
    with pytest.raises(InputError, match=r"p_values\[1\]"):
        holm([0.5, bad])


@pytest.fixture
def changed():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 64, 1))
    sides = [side + 0.3 * rng.normal(size=(64, 3)) for side in (x, y)]
    result = rank_transfer(*sides, resamples=199)
    assert result.verdict == "changed"
    return result


def test_a_lone_row_keeps_its_verdict(changed):
    (row,) = holm_verdicts([changed])
    assert row.verdict == "changed"
    assert row.p_adjusted == row.p_value


def test_a_verdict_that_does_not_survive_is_withdrawn(changed):
    # p = 2 / 200 survives among 5 rows, 0.05, and not among 6.
    assert [row.verdict for row in holm_verdicts([changed] * 5)] == ["changed"] * 5
    rows = holm_verdicts([changed] * 6)
    assert [row.verdict for row in rows] == ["inconclusive"] * 6
    assert rows[0].p_adjusted == pytest.approx(0.06)
