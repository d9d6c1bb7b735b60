import numpy as np
import pytest
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import predictive_tau, predictive_tau_change
from imbnas.stats.bootstrap import resample_counts
from imbnas.stats.crossed import crossed_interval
from imbnas.stats.kendall import ones, tau_b_resampled

ACCURACY_NOISE = 0.3


def scorers(rng, n, s, mean, sd, common):
    """(scores, accuracies): each scorer has a correlation of its own with the truth.

    ``common`` is the share of the scorers' error that all of them make.
    """
    truth = rng.normal(size=n)
    rho = np.clip(rng.normal(mean, sd, size=s), -0.95, 0.95)
    error = np.sqrt(common) * rng.normal(size=(n, 1))
    error = error + np.sqrt(1 - common) * rng.normal(size=(n, s))
    scores = rho * truth[:, None] + np.sqrt(1 - rho**2) * error
    return scores, truth + ACCURACY_NOISE * rng.normal(size=n)


def true_tau(mean, sd):
    """Of scorers and architectures without end (Greiner 1909)."""
    rho = np.clip(np.random.default_rng(0).normal(mean, sd, size=200_000), -0.95, 0.95)
    return float((2 / np.pi * np.arcsin(rho / np.hypot(1, ACCURACY_NOISE))).mean())


def coverage(n, s, setting, draws, resamples=199):
    """Shares of intervals that hold the truth: of both sources, architectures alone, t alone."""
    rng, truth = np.random.default_rng(7), true_tau(*setting[:2])
    hits = np.zeros(3)
    for _ in range(draws):
        scores, actual = scorers(rng, n, s, *setting)
        counts = np.concatenate([ones(n), resample_counts(n, resamples, rng)])
        taus = tau_b_resampled([*scores.T, actual], [(i, s) for i in range(s)], counts)
        found = crossed_interval([taus], n, level=0.95, correlation=True)
        half = stats.t.ppf(0.975, s - 1) * taus[:, 0].std(ddof=1) / np.sqrt(s)
        alone = np.quantile(taus[:, 1:].mean(axis=0), [0.025, 0.975])
        bounds = [(found.low, found.high), alone, taus[:, 0].mean() + np.array([-half, half])]
        hits += [low <= truth <= high for low, high in bounds]
    return hits / draws


VARIED = (0.2, 0.35, 0.3)
ALIKE = (0.2, 0.0, 0.8)


def test_both_sources_are_covered_where_either_alone_is_not():
    varied, alike = coverage(32, 3, VARIED, 200), coverage(32, 6, ALIKE, 200)
    # 0.95 less two and a half standard errors of 200 draws.
    assert varied[0] >= 0.91
    assert alike[0] >= 0.91
    assert varied[1] < 0.8
    assert alike[2] < 0.6


@pytest.mark.slow
@pytest.mark.parametrize("n", [32, 64])
@pytest.mark.parametrize("s", [3, 6, 12])
@pytest.mark.parametrize(
    "setting",
    [(0.2, 0.0, 0.0), ALIKE, (0.2, 0.15, 0.3), VARIED, (0.6, 0.15, 0.3), (0.8, 0.08, 0.7)],
)
def test_coverage_in_full(n, s, setting):
    both, _, _ = coverage(n, s, setting, 1000)
    assert 0.92 <= both <= 0.995


@pytest.mark.slow
@pytest.mark.parametrize("s", [3, 6, 12])
def test_coverage_of_a_difference_of_two_conditions(s):
    """Scorers of their own for either condition: their expected taus are equal."""
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(400):
        sides = [scorers(rng, 48, s, 0.4, 0.2, 0.3) for _ in range(2)]
        found = predictive_tau_change(*sides, sources="both", resamples=199)
        hits.append(found.difference_low <= 0 <= found.difference_high)
    assert np.mean(hits) >= 0.92


def test_an_interval_by_hand():
    """V_a = var of the mean over resamples, V_s = s²/S, less the term that both hold."""
    rng = np.random.default_rng(2)
    group = rng.normal(size=(4, 1)) + rng.normal(size=(1, 500)) + rng.normal(size=(4, 500))
    found = crossed_interval([group], 20, level=0.9)
    v_a, v_s = group.mean(axis=0)[1:].var(ddof=1), group[:, 0].var(ddof=1) / 4
    twice = (group[:, 1:].var(axis=1, ddof=1).mean() - v_a) / 3
    total = v_a + v_s - twice
    df = total**2 / (v_a**2 / 19 + v_s**2 / 3)
    half = stats.t.ppf(0.95, df) * np.sqrt(total)
    middle = group[:, 0].mean()
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half))
    assert found.df == pytest.approx(df)
    assert found.sd_architectures == pytest.approx(np.sqrt(v_a))
    assert found.sd_replicates == pytest.approx(np.sqrt(v_s))


def test_two_sources_leave_no_less_uncertain_than_replicates_alone():
    rng = np.random.default_rng(9)
    for sd in (0.1, 1, 10):
        group = sd * rng.normal(size=(4, 1)) + 0.3 * rng.normal(size=(4, 500))
        found = crossed_interval([group], 20, level=0.95)
        values = group[:, 0]
        alone = stats.ttest_1samp(values, 0)
        bounds = alone.confidence_interval(0.95)
        assert found.low <= bounds.low + 1e-12
        assert found.high >= bounds.high - 1e-12
        assert found.p_value >= alone.pvalue - 1e-12


def test_replicates_that_agree_leave_the_architectures():
    rng = np.random.default_rng(5)
    scores, actual = scorers(rng, 60, 1, 0.5, 0.0, 0.0)
    same = predictive_tau(np.repeat(scores, 4, axis=1), actual, sources="both", resamples=999)
    alone = predictive_tau(scores, actual, resamples=999)
    assert same.sd_scorers == 0
    assert same.df == pytest.approx(59)
    assert (same.ci_low, same.ci_high) == pytest.approx((alone.ci_low, alone.ci_high), abs=0.04)


def test_one_replicate_has_no_interval_over_others_and_perfect_ones_need_none():
    rng = np.random.default_rng(5)
    scores, actual = scorers(rng, 20, 3, 0.5, 0.2, 0.0)
    one = predictive_tau(scores[:, 0], actual, sources="both", resamples=99)
    assert one.tau_b is not None
    assert (one.ci_low, one.ci_high, one.df) == (None, None, None)
    perfect = predictive_tau(np.c_[actual, actual], actual, sources="both", resamples=99)
    assert (perfect.tau_b, perfect.ci_low, perfect.ci_high) == (1, 1, 1)


def test_the_estimate_is_that_of_architectures_alone_and_bounds_stay_in_range():
    rng = np.random.default_rng(1)
    scores, actual = scorers(rng, 32, 3, 0.9, 0.05, 0.0)
    accuracies = actual[:, None] + 0.3 * rng.normal(size=(32, 3))
    both = predictive_tau(scores, accuracies, sources="both", resamples=199)
    alone = predictive_tau(scores, accuracies, resamples=199)
    for name in ("tau_b", "tau_sd", "noise_ceiling", "tau_corrected", "seed_tau", "n"):
        assert getattr(both, name) == getattr(alone, name)
    assert -1 <= both.ci_low < both.tau_b < both.ci_high <= 1
    assert -1 <= both.tau_corrected_low < both.tau_corrected_high <= 1
    assert both.sd_scorers > 0


def test_paired_scorers_cancel_and_must_be_as_many():
    rng = np.random.default_rng(4)
    scores, actual = scorers(rng, 40, 4, 0.4, 0.3, 0.0)
    other = scores + 0.1 * rng.normal(size=scores.shape)
    paired, apart = (
        predictive_tau_change(
            (scores, actual), (other, actual), sources="both", paired=paired, resamples=199
        )
        for paired in (True, False)
    )
    assert paired.difference == pytest.approx(apart.difference)
    width = paired.difference_high - paired.difference_low
    assert width < 0.6 * (apart.difference_high - apart.difference_low)
    with pytest.raises(InputError, match="4 and 3 replicates cannot be paired"):
        predictive_tau_change(
            (scores, actual), (scores[:, :3], actual), sources="both", paired=True
        )
