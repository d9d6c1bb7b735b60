import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.stats import bootstrap, rank_transfer
from imbnas.stats.bootstrap import (
    check_resampling,
    percentile_interval,
    resample_counts,
    resamples_for,
    two_sided_p_value,
    upper_p_value,
)


def test_counts_are_resamples_with_replacement():
    counts = resample_counts(50, 4000, np.random.default_rng(0))
    assert (counts.sum(axis=1) == 50).all()
    # A row is left out of a resample with probability (1 - 1/50)^50.
    assert (counts == 0).mean() == pytest.approx((1 - 1 / 50) ** 50, abs=0.005)
    assert counts.mean(axis=0) == pytest.approx(np.ones(50), abs=0.08)


def test_counts_do_not_depend_on_the_chunk(monkeypatch):
    plain = resample_counts(7, 100, np.random.default_rng(0))
    monkeypatch.setattr(bootstrap, "_CHUNK", 70)
    assert np.array_equal(plain, resample_counts(7, 100, np.random.default_rng(0)))


def test_interval_is_the_textbook_order_statistic():
    samples = np.random.default_rng(0).permutation(np.arange(1.0, 1000.0))
    interval = percentile_interval(samples, 0.95)
    assert (interval.low, interval.high) == (25.0, 975.0)


def test_undefined_resamples_are_left_out_or_refuse_the_interval():
    samples = np.arange(100.0)
    samples[:10] = np.nan
    assert percentile_interval(samples, 0.9).low == 13.0
    samples[:60] = np.nan
    assert percentile_interval(samples, 0.9) == bootstrap.NO_INTERVAL
    assert upper_p_value(samples) is None


@given(st.lists(st.integers(-5, 20).map(float), min_size=39, max_size=200))
def test_p_value_and_interval_agree(samples):
    array = np.array(samples)
    low = percentile_interval(array, 0.95).low
    assert (upper_p_value(array) <= 0.05) == (low > 0)


def test_p_values_by_hand():
    samples = np.array([-1.0, 0.0, *[1.0] * 97])
    assert upper_p_value(samples) == pytest.approx(2 * 3 / 100)
    assert two_sided_p_value(samples) == pytest.approx(2 * 3 / 100)
    assert two_sided_p_value(-samples) == pytest.approx(2 * 3 / 100)
    assert upper_p_value(-samples) == 1.0
    assert two_sided_p_value(np.zeros(99)) == 1.0


@pytest.mark.parametrize(("resamples", "level"), [(38, 0.95), (2000, 1.0), (2000, 0.0)])
def test_settings_without_an_interval_are_refused(resamples, level):
    with pytest.raises(InputError):
        check_resampling(resamples, level)


def test_smallest_usable_number_of_resamples():
    check_resampling(39, 0.95)
    assert percentile_interval(np.arange(39.0), 0.95).low == 0.0


def coverage(draws, n, sigma, resamples):
    """Share of 95% intervals that hold the tau-b of infinitely many noisy architectures."""
    rng = np.random.default_rng(7)
    rho = 0.8
    noise = 1 + sigma**2 / 3
    expected = 2 / np.pi * np.arcsin(rho / noise)
    hits = 0
    for _ in range(draws):
        x = rng.normal(size=n)
        y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n)
        noisy = [side[:, None] + sigma * rng.normal(size=(n, 3)) for side in (x, y)]
        result = rank_transfer(noisy[0].mean(1), noisy[1].mean(1), resamples=resamples)
        hits += result.ci_low <= expected <= result.ci_high
    return hits / draws


def test_coverage():
    assert 0.93 <= coverage(draws=400, n=64, sigma=0.5, resamples=399) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("n", [32, 64, 128])
@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_coverage_in_full(n, sigma):
    assert 0.93 <= coverage(draws=2000, n=n, sigma=sigma, resamples=999) <= 0.98


@pytest.mark.parametrize(
    ("n", "tests", "drawn"), [(1999, 1, 2000), (2000, 1, 500), (2000, 15, 1200), (9, 66, 5280)]
)
def test_many_rows_need_fewer_resamples_and_many_tests_more(n, tests, drawn):
    assert resamples_for(n, tests) == drawn
