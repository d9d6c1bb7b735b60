import numpy as np
import pytest
from scipy.special import ndtr

from imbnas.stats import rank_transfer
from imbnas.stats.bootstrap import Interval
from imbnas.stats.verdict import decide


@pytest.mark.parametrize(
    ("difference", "single", "verdict"),
    [
        ((0.01, 0.30), (0.021, 0.20), "changed"),
        ((0.01, 0.05), (0.021, 0.20), "changed"),
        ((0.01, 0.30), (0.02, 0.20), "inconclusive"),
        ((0.00, 0.30), (0.03, 0.20), "inconclusive"),
        ((-0.1, 0.099), (-0.1, 0.30), "not distinguishable from noise"),
        ((0.01, 0.099), (0.00, 0.30), "not distinguishable from noise"),
        ((-0.1, 0.10), (-0.1, 0.05), "inconclusive"),
        ((None, None), (0.01, 0.05), None),
        ((0.01, 0.05), (None, None), None),
    ],
)
def test_rule(difference, single, verdict):
    assert decide(Interval(*difference), Interval(*single)) == verdict


def normal(rng, n):
    return rng.normal(size=n)


def skewed(rng, n):
    return -rng.exponential(size=n)


def verdicts(latent, draws, n, sigma, resamples):
    """Results for two noisy measurements of one and the same ranking."""
    rng = np.random.default_rng(11)
    found = []
    for _ in range(draws):
        truth = latent(rng, n)[:, None]
        sides = [truth + sigma * rng.normal(size=(n, 3)) for _ in range(2)]
        found.append(rank_transfer(*sides, resamples=resamples))
    return found


def share(results, verdict="changed"):
    return np.mean([r.verdict == verdict for r in results])


@pytest.mark.parametrize("latent", [normal, skewed])
def test_false_alarms_are_rare(latent):
    results = verdicts(latent, draws=300, n=64, sigma=0.5, resamples=199)
    # 0.025 and two standard errors of 300 draws.
    assert share(results) <= 0.025 + 2 * np.sqrt(0.025 * 0.975 / 300)
    assert share(results, "not distinguishable from noise") >= 0.25


@pytest.mark.slow
@pytest.mark.parametrize("latent", [normal, skewed])
@pytest.mark.parametrize("n", [64, 128])
@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_false_alarms_in_full(latent, n, sigma):
    results = verdicts(latent, draws=1500, n=n, sigma=sigma, resamples=399)
    assert share(results) <= 0.025


def unlike_sides(rng, n, monotone, noise):
    """One ranking measured on two scales, each standardised, with noise of its own."""
    latent = rng.normal(size=n)
    sides = [latent, monotone(latent)]
    return [
        ((side - side.mean()) / side.std())[:, None] + sigma * rng.normal(size=(n, 3))
        for side, sigma in zip(sides, noise, strict=True)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("monotone", "noise"),
    [
        (lambda z: -np.exp(-z), (0.5, 0.5)),
        (lambda z: np.log(ndtr(z)), (0.3, 1.0)),
        (lambda z: z, (0.3, 1.0)),
    ],
)
@pytest.mark.parametrize("n", [128, 256])
def test_unlike_shapes_and_noise_raise_few_false_alarms(monotone, noise, n):
    rng = np.random.default_rng(17)
    results = [
        rank_transfer(*unlike_sides(rng, n, monotone, noise), resamples=199) for _ in range(400)
    ]
    assert share(results) <= 0.025 + 2 * np.sqrt(0.025 * 0.975 / 400)
    assert np.mean([r.difference_single_low > 0 for r in results]) >= share(results)


@pytest.mark.slow
def test_spearman_brown_alone_would_err_on_skewed_accuracies():
    results = verdicts(skewed, draws=600, n=128, sigma=0.5, resamples=399)
    assert np.mean([r.difference_low > 0 for r in results]) > 0.05


def test_a_changed_ranking_is_found():
    rng = np.random.default_rng(5)
    found = []
    for _ in range(60):
        x, y = rng.normal(size=(2, 64, 1))
        y = 0.5 * x + np.sqrt(0.75) * y
        sides = [side + 0.5 * rng.normal(size=(64, 3)) for side in (x, y)]
        found.append(rank_transfer(*sides, resamples=199))
    assert share(found) >= 0.95
