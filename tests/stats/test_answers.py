"""Answers to claims: what an interval says of a region, and how often it errs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import Region, all_hold, row_level, smallest_effect, t_interval

FINITE = st.floats(-10, 10)


@pytest.mark.parametrize(
    ("region", "low", "high", "answer"),
    [
        (Region(low=-1.0), -0.9, 5.0, "supported"),
        (Region(low=-1.0), -1.1, 5.0, "cannot tell"),
        (Region(low=-1.0), -3.0, -1.1, "contradicted"),
        (Region(high=0.2), 0.1, 0.2, "supported"),
        (Region(high=0.2), 0.1, 0.3, "cannot tell"),
        (Region(high=0.2), 0.21, 0.3, "contradicted"),
        (Region(-1, 1), -0.9, 0.9, "supported"),
        (Region(-1, 1), -0.9, 1.1, "cannot tell"),
        (Region(-1, 1), -3.0, 3.0, "cannot tell"),
        (Region(-1, 1), 1.1, 3.0, "contradicted"),
        (Region(-1, 1), None, None, "cannot tell"),
    ],
)
def test_an_interval_in_astride_and_outside_of_a_region(
    region: Region, low: float | None, high: float | None, answer: str
) -> None:
    assert region.answer(low, high) == answer


@given(FINITE, FINITE, FINITE, FINITE)
def test_a_claim_and_its_opposite_are_never_both_supported(
    bound: float, other: float, low: float, width: float
) -> None:
    high = low + abs(width)
    below, above = Region(high=min(bound, other) - 1e-6), Region(low=max(bound, other))
    answers = {below.answer(low, high), above.answer(low, high)}
    assert answers != {"supported"}
    if below.answer(low, high) == "supported":
        assert above.answer(low, high) == "contradicted"


def test_one_row_contradicts_and_all_rows_support() -> None:
    assert all_hold(["supported", "supported"]) == "supported"
    assert all_hold(["supported", "cannot tell"]) == "cannot tell"
    assert all_hold(["supported", "contradicted", "cannot tell"]) == "contradicted"
    assert all_hold([]) == "cannot tell"


def test_rows_share_the_error_rate() -> None:
    assert row_level(1) == pytest.approx(0.95)
    assert row_level(5) == pytest.approx(0.99)
    with pytest.raises(InputError, match="rows: 0"):
        row_level(0)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_smallest_effect_is_found_four_times_in_five(rows: int) -> None:
    """Independently: draws from the noncentral t distribution of Student's own test."""
    rng = np.random.default_rng(3)
    differences = rng.normal(size=6)
    level = row_level(rows)
    interval = t_interval(differences, np.zeros(6), level=level)
    effect = smallest_effect(interval.low, interval.high, interval.n, rows=rows)
    assert effect is not None
    shift = effect / differences.std(ddof=1) * math.sqrt(6)
    draws = stats.nct.rvs(5, shift, size=20_000, random_state=1)
    assert (draws > stats.t.ppf((1 + level) / 2, 5)).mean() == pytest.approx(0.8, abs=0.01)


def test_nothing_tells_the_smallest_effect_without_an_interval() -> None:
    assert smallest_effect(None, None, 0) is None
    assert smallest_effect(0.0, 1.0, 1) is None


@pytest.mark.parametrize(
    ("region", "truth"), [(Region(low=-1.0), -1.0), (Region(-1.0, 1.0), 1.0), (Region(low=0), 0.0)]
)
def test_a_claim_on_the_edge_of_truth_is_rarely_answered_wrongly(
    region: Region, truth: float
) -> None:
    """At a bound either definite answer is an error, one of 2.5% on each side."""
    rng = np.random.default_rng(7)
    answers = []
    for _ in range(4000):
        found = t_interval(truth + rng.normal(size=5), np.zeros(5))
        answers.append(region.answer(found.low, found.high))
    for answer in ("supported", "contradicted"):
        assert answers.count(answer) / len(answers) <= 0.032
