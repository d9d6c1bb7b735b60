import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import predictive_tau, predictive_tau_change, rank_against_predictor


def drawn(n=60, noise=0.3, seed=0, replicates=3):
    """Scores and accuracies of one true order."""
    rng = np.random.default_rng(seed)
    true = rng.normal(size=n)
    scores = true[:, None] + 0.5 * rng.normal(size=(n, replicates))
    accuracies = true[:, None] + noise * rng.normal(size=(n, replicates))
    return true, scores, accuracies


def test_tau_is_the_mean_of_scipys_over_replicates_of_the_scores():
    _, scores, accuracies = drawn()
    found = predictive_tau(scores, accuracies, resamples=99)
    single = [stats.kendalltau(column, accuracies.mean(axis=1)).statistic for column in scores.T]
    assert found.tau_b == pytest.approx(np.mean(single))
    assert found.tau_sd == pytest.approx(np.std(single, ddof=1))
    pairs = [
        stats.kendalltau(scores[:, i], scores[:, j]).statistic for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert found.seed_tau == pytest.approx(np.mean(pairs))
    assert found.n == 60


def test_interval_is_that_of_a_plain_bootstrap():
    _, scores, accuracies = drawn()
    found = predictive_tau(scores, accuracies, resamples=999)
    rows = np.random.default_rng(1).integers(0, 60, size=(999, 60))
    plain = [
        np.mean([stats.kendalltau(s[r], accuracies.mean(axis=1)[r]).statistic for s in scores.T])
        for r in rows
    ]
    expected = np.quantile(plain, [0.025, 0.975])
    assert (found.ci_low, found.ci_high) == pytest.approx(expected, abs=0.02)


def test_a_single_replicate_of_scores_is_a_predictor():
    _, scores, accuracies = drawn()
    found = predictive_tau(scores[:, 0], accuracies, resamples=200)
    other = rank_against_predictor(scores[:, 0], accuracies, resamples=200)
    assert found.tau_b == other.tau_b
    assert found.noise_ceiling == pytest.approx(other.noise_ceiling)
    assert found.tau_corrected == pytest.approx(other.tau_corrected)
    assert (found.ci_low, found.ci_high) == pytest.approx((other.ci_low, other.ci_high))
    assert found.tau_sd is None
    assert found.seed_tau is None


def test_scale_of_a_replicate_does_not_matter():
    _, scores, accuracies = drawn()
    stretched = scores.copy()
    stretched[:, 1] = np.exp(20 * stretched[:, 1])
    plain, other = (predictive_tau(s, accuracies, resamples=999) for s in (scores, stretched))
    assert (other.tau_b, other.tau_sd, other.seed_tau) == (
        plain.tau_b, plain.tau_sd, plain.seed_tau,
    )  # fmt: skip
    assert (other.ci_low, other.ci_high) == pytest.approx((plain.ci_low, plain.ci_high), abs=0.02)


def test_noise_of_accuracies_lowers_the_ceiling_and_not_the_corrected_tau():
    true, scores, clean = drawn(n=400, noise=0.05)
    noisy = true[:, None] + 1.0 * np.random.default_rng(9).normal(size=(400, 3))
    calm, rough = (predictive_tau(scores, a, resamples=99) for a in (clean, noisy))
    assert rough.noise_ceiling < calm.noise_ceiling - 0.2
    assert rough.tau_b < calm.tau_b - 0.1
    assert rough.tau_corrected == pytest.approx(calm.tau_corrected, abs=0.08)
    change = predictive_tau_change((scores, clean), (scores, noisy), resamples=499)
    assert change.difference_high < 0
    assert change.corrected_low < 0 < change.corrected_high


def test_a_condition_equals_itself():
    _, scores, accuracies = drawn()
    change = predictive_tau_change((scores, accuracies), (scores, accuracies), resamples=99)
    assert (change.difference, change.difference_low, change.difference_high, change.p_value) == (
        0,
        0,
        0,
        1,
    )
    assert (change.corrected_difference, change.corrected_low, change.corrected_high) == (0, 0, 0)


def test_a_difference_is_that_of_the_two_taus_and_its_interval_is_paired():
    _, scores, accuracies = drawn()
    worse = np.random.default_rng(5).normal(size=scores.shape)
    change = predictive_tau_change((scores, accuracies), (worse, accuracies), resamples=999)
    first, second = (predictive_tau(s, accuracies, resamples=99).tau_b for s in (scores, worse))
    assert change.difference == pytest.approx(second - first)
    assert change.p_value == pytest.approx(2 / 1000)
    assert change.difference_high < 0
    rows = np.random.default_rng(1).integers(0, 60, size=(499, 60))
    actual = accuracies.mean(axis=1)
    plain = [
        np.mean([stats.kendalltau(s[r], actual[r]).statistic for s in worse.T])
        - np.mean([stats.kendalltau(s[r], actual[r]).statistic for s in scores.T])
        for r in rows
    ]
    assert (change.difference_low, change.difference_high) == pytest.approx(
        np.quantile(plain, [0.025, 0.975]), abs=0.04
    )


def test_what_is_common_to_both_conditions_cancels():
    """The interval of a difference is narrower than two unpaired ones would give."""
    true, scores, accuracies = drawn(n=80, noise=0.1)
    again = true[:, None] + 0.1 * np.random.default_rng(3).normal(size=(80, 3))
    change = predictive_tau_change((scores, accuracies), (scores, again), resamples=499)
    alone = predictive_tau(scores, accuracies, resamples=499)
    assert change.difference_high - change.difference_low < 0.7 * (alone.ci_high - alone.ci_low)


def test_missing_values_leave_an_architecture_out_of_both_sides():
    _, scores, accuracies = drawn(n=20)
    gap = accuracies.copy()
    gap[3, 1] = np.nan
    change = predictive_tau_change((scores, gap), (scores, accuracies), resamples=99)
    assert (change.n, change.difference) == (19, 0)
    assert predictive_tau(scores, gap, resamples=99).n == 19


def test_constants_and_few_rows_give_nothing():
    _, scores, accuracies = drawn(n=20)
    found = predictive_tau(np.zeros(20), accuracies, resamples=99)
    assert (found.tau_b, found.ci_low, found.tau_corrected) == (None, None, None)
    change = predictive_tau_change((np.zeros(20), accuracies), (scores, accuracies), resamples=99)
    assert (change.difference, change.p_value, change.difference_low) == (None, None, None)
    few = predictive_tau(scores[:3], accuracies[:3], resamples=99)
    assert few.tau_b is not None
    assert few.ci_low is None
    single = predictive_tau(scores, accuracies[:, :1], resamples=99)
    assert single.tau_b is not None
    assert single.noise_ceiling is None
    assert single.tau_corrected is None


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random):
    _, scores, accuracies = drawn(n=15)
    order = list(range(15))
    random.shuffle(order)
    plain = predictive_tau_change((scores, accuracies), (scores[:, ::-1], accuracies), resamples=50)
    shuffled = predictive_tau_change(
        (scores[order], accuracies[order]),
        (scores[order][:, ::-1], accuracies[order]),
        resamples=50,
    )
    assert plain == shuffled


def test_the_order_of_rows_that_differ_in_the_order_of_replicates_alone_does_not_matter():
    """Such rows have equal means, and only their replicates order them."""
    _, scores, accuracies = drawn(n=30)
    scores, accuracies = np.round(scores), np.round(accuracies)
    order = np.random.default_rng(4).permutation(30)
    plain = predictive_tau(scores, accuracies, resamples=99)
    assert plain == predictive_tau(scores[order], accuracies[order], resamples=99)


def test_twins_are_drawn_together():
    _, scores, accuracies = drawn(n=15)
    scores, accuracies = np.repeat(scores, 6, axis=0), np.repeat(accuracies, 6, axis=0)
    alone = predictive_tau(scores, accuracies, resamples=499)
    classes = np.repeat(np.arange(15), 6)
    together = predictive_tau(scores, accuracies, classes=classes, resamples=499)
    assert together.tau_b == alone.tau_b
    assert together.ci_high - together.ci_low > 1.5 * (alone.ci_high - alone.ci_low)


def test_shapes_that_do_not_fit_are_refused():
    _, scores, accuracies = drawn(n=10)
    with pytest.raises(InputError, match="scores, accuracies: 10 and 9 rows"):
        predictive_tau(scores, accuracies[:9])
    with pytest.raises(InputError, match="scores, classes"):
        predictive_tau(scores, accuracies, classes=[1, 2])
    with pytest.raises(InputError, match="resamples"):
        predictive_tau(scores, accuracies, resamples=10)
