import numpy as np
import pytest
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import (
    rank_transfer,
    smallest_detectable_change,
    smallest_detectable_difference,
)


def power_of_verdict(n, replicates, seed_tau, correlation, draws, resamples=199):
    rng = np.random.default_rng(9)
    single = np.sin(np.pi / 2 * seed_tau)
    noise = np.sqrt((1 - single) / single)
    found = []
    for _ in range(draws):
        x, other = rng.normal(size=(2, n, 1))
        y = correlation * x + np.sqrt(1 - correlation**2) * other
        sides = [truth + noise * rng.normal(size=(n, replicates)) for truth in (x, y)]
        found.append(rank_transfer(*sides, resamples=resamples).verdict == "changed")
    return np.mean(found)


def test_the_change_is_found_as_often_as_asked():
    least = smallest_detectable_change(64, 3, 0.6)
    assert 0.6 <= power_of_verdict(64, 3, 0.6, least.correlation, 60) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("n", [32, 64, 128])
@pytest.mark.parametrize("replicates", [2, 3, 6])
@pytest.mark.parametrize("seed_tau", [0.4, 0.7])
def test_power_in_full(n, replicates, seed_tau):
    least = smallest_detectable_change(n, replicates, seed_tau)
    assert 0.65 <= power_of_verdict(n, replicates, seed_tau, least.correlation, 300) <= 0.95


def test_more_of_everything_shows_smaller_changes():
    plain = smallest_detectable_change(64, 3, 0.6)
    assert smallest_detectable_change(128, 3, 0.6).difference < plain.difference
    assert smallest_detectable_change(64, 3, 0.8).correlation > plain.correlation
    assert smallest_detectable_change(64, 3, 0.6, comparisons=20).difference > plain.difference
    assert smallest_detectable_change(64, 3, 0.6, power=0.5).difference < plain.difference
    assert plain.difference == pytest.approx(plain.noise_ceiling - plain.tau_b)
    assert plain.true_tau == pytest.approx(2 / np.pi * np.arcsin(plain.correlation))


def test_too_small_a_run_shows_nothing():
    assert smallest_detectable_change(4, 2, 0.05) is None


def test_paired_differences_are_found_as_often_as_asked():
    rng = np.random.default_rng(0)
    for comparisons in (1, 10):
        least = smallest_detectable_difference(2.0, 6, comparisons=comparisons)
        p = stats.ttest_1samp(least + 2.0 * rng.normal(size=(20_000, 6)), 0, axis=1).pvalue
        assert np.mean(p <= 0.05 / comparisons) == pytest.approx(0.8, abs=0.012)
    assert smallest_detectable_difference(0.0, 6) == 0
    one, two = (smallest_detectable_difference(sd, 6) for sd in (2.0, 4.0))
    assert two == pytest.approx(2 * one)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 3, 0.5), "n: 3 cannot be used"),
        ((64, 1, 0.5), "replicates: 1 cannot be used"),
        ((64, 3, 0.0), "seed_tau: 0.0 cannot be used"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        smallest_detectable_change(*arguments)


def test_unusable_arguments_of_a_paired_test_are_refused():
    with pytest.raises(InputError, match="n: 1 cannot be used"):
        smallest_detectable_difference(1.0, 1)
    with pytest.raises(InputError, match="power: 1.0"):
        smallest_detectable_difference(1.0, 3, power=1.0)
    with pytest.raises(InputError, match="sd: nan"):
        smallest_detectable_difference(np.nan, 3)
