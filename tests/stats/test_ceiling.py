import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.stats import rank_transfer
from imbnas.stats.ceiling import correct_for_noise, noise_ceiling
from imbnas.stats.reliability import (
    reliability,
    spearman_brown,
    to_correlation,
    to_tau,
)

taus = st.floats(-1, 1)


@given(taus)
def test_transform_and_back(tau):
    assert to_tau(to_correlation(np.float64(tau))) == pytest.approx(tau, abs=1e-7)


def test_spearman_brown_by_hand():
    assert spearman_brown(np.float64(0.5), 3) == pytest.approx(0.75)
    assert spearman_brown(np.float64(0.8), 1) == 0.8
    assert spearman_brown(np.float64(-0.4), 3) == 0.0


@pytest.mark.parametrize(("sigma", "ceiling"), [(0.5, 0.7487), (1.0, 0.5399)])
def test_ceiling_of_normal_noise(sigma, ceiling):
    # The correlation of two single measurements is 1 / (1 + sigma^2); three are averaged.
    seed_tau = to_tau(np.float64(1 / (1 + sigma**2)))
    rel = reliability(seed_tau, 3)
    assert rel == pytest.approx(1 / (1 + sigma**2 / 3))
    assert noise_ceiling(rel, rel) == pytest.approx(ceiling, abs=1e-4)


def test_correction_by_hand():
    corrected, clipped = correct_for_noise(
        np.array([0.5, 0.9, 0.0, 0.3]), np.array([1, 0.5, 0.5, 0])
    )
    assert corrected[:3] == pytest.approx([0.5, 1.0, 0.0])
    assert np.isnan(corrected[3])
    assert clipped.tolist() == [False, True, False, False]


def noisy_pair(rng, n, rho, sigma, replicates):
    x = rng.normal(size=n)
    y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n)
    return [side[:, None] + sigma * rng.normal(size=(n, replicates)) for side in (x, y)]


@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_correction_recovers_a_known_tau(sigma):
    rng = np.random.default_rng(1)
    rho = np.sin(np.pi / 2 * 0.59)
    results = [rank_transfer(*noisy_pair(rng, 64, rho, sigma, 3), resamples=39) for _ in range(200)]
    assert np.mean([r.tau_corrected for r in results]) == pytest.approx(0.59, abs=0.05)
    # Without the correction the same draws are far off: the test can tell.
    assert np.mean([r.tau_b for r in results]) < 0.54


@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_ceiling_is_the_tau_of_two_measurements_of_one_ranking(sigma):
    rng = np.random.default_rng(2)
    results = [rank_transfer(*noisy_pair(rng, 64, 1.0, sigma, 3), resamples=39) for _ in range(200)]
    ceiling = np.mean([r.noise_ceiling for r in results])
    assert ceiling == pytest.approx(np.mean([r.tau_b for r in results]), abs=0.01)
    assert ceiling == pytest.approx(2 / np.pi * np.arcsin(1 / (1 + sigma**2 / 3)), abs=0.01)
