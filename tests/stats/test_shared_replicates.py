"""Replicates of one number share training images, and an effect of architecture × images."""

import numpy as np
import pytest
from scipy import stats

from imbnas.stats import rank_transfer


def sides(rng, n, replicates, shared, correlation):
    """Two rankings of a given true correlation whose replicates of one number share an effect."""
    x, other = rng.normal(size=(2, n, 1))
    y = correlation * x + np.sqrt(1 - correlation**2) * other
    effect = shared * rng.normal(size=(n, replicates))
    return [truth + effect + 0.3 * rng.normal(size=(n, replicates)) for truth in (x, y)]


def compared(draws, *setting, resamples=199):
    """(today, apart) results of several draws."""
    rng = np.random.default_rng(8)
    found = []
    for _ in range(draws):
        x, y = sides(rng, *setting)
        numbers = (range(x.shape[1]), range(x.shape[1]))
        found.append(
            (
                rank_transfer(x, y, resamples=resamples),
                rank_transfer(x, y, resamples=resamples, replicates=numbers),
            )
        )
    return list(zip(*found, strict=True))


def changed(results):
    return np.mean([result.verdict == "changed" for result in results])


def true_tau(results, correlation):
    """Bias of the corrected tau."""
    true = 2 / np.pi * np.arcsin(correlation)
    return np.mean([result.tau_corrected for result in results]) - true


def test_a_shared_effect_masks_a_change_only_where_replicates_are_not_kept_apart():
    today, apart = compared(30, 128, 3, 0.7, 0.7)
    assert true_tau(today, 0.7) > 0.1
    assert abs(true_tau(apart, 0.7)) < 0.05
    assert changed(apart) >= changed(today) + 0.2


def test_a_shared_effect_makes_no_change_of_one_ranking():
    _, apart = compared(40, 64, 3, 0.5, 1.0)
    assert changed(apart) <= 0.05
    assert np.mean([result.difference_single for result in apart]) == pytest.approx(0, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("replicates", [2, 3, 4, 6])
@pytest.mark.parametrize("correlation", [0.5, 0.7, 0.9])
def test_no_bias_in_full(replicates, correlation):
    _, apart = compared(150, 128, replicates, 0.7, correlation, resamples=39)
    assert abs(true_tau(apart, correlation)) < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("replicates", [3, 6])
@pytest.mark.parametrize("n", [64, 128])
def test_no_false_alarm_in_full(replicates, n):
    _, apart = compared(300, n, replicates, 0.5, 1.0)
    assert changed(apart) <= 0.05


def test_two_replicates_by_hand():
    x, y = sides(np.random.default_rng(0), 40, 2, 0.5, 0.8)
    found = rank_transfer(x, y, replicates=([5, 7], [5, 7]), resamples=99)
    crossed = [(x[:, 0], y[:, 1]), (x[:, 1], y[:, 0])]
    assert found.tau_b == pytest.approx(np.mean([stats.kendalltau(*p).statistic for p in crossed]))
    assert found.spearman == pytest.approx(np.mean([stats.spearmanr(*p)[0] for p in crossed]))
    assert found.weighted_tau == pytest.approx(np.mean([stats.weightedtau(*p)[0] for p in crossed]))
    r_x, r_y = (
        np.sin(np.pi / 2 * stats.kendalltau(side[:, 0], side[:, 1]).statistic) for side in (x, y)
    )
    assert found.noise_ceiling == pytest.approx(2 / np.pi * np.arcsin(np.sqrt(r_x * r_y)))
    # Means of one replicate are single replicates.
    assert found.difference == pytest.approx(found.difference_single)


def test_three_replicates_by_hand():
    x, y = sides(np.random.default_rng(0), 40, 3, 0.5, 0.8)
    found = rank_transfer(x, y, replicates=(range(3), range(3)), resamples=99)
    taus = []
    for one in range(3):
        rest = [i for i in range(3) if i != one]
        taus.append(stats.kendalltau(x[:, one], y[:, rest].mean(axis=1)).statistic)
        taus.append(stats.kendalltau(x[:, rest].mean(axis=1), y[:, one]).statistic)
    assert found.tau_b == pytest.approx(np.mean(taus))
    r_x, r_y = (np.sin(np.pi / 2 * tau) for tau in (found.seed_tau_x, found.seed_tau_y))
    ceilings = [
        2 / np.pi * np.arcsin(np.sqrt(a * b))
        for a, b in ((r_x, 2 * r_y / (1 + r_y)), (2 * r_x / (1 + r_x), r_y))
    ]
    assert found.noise_ceiling == pytest.approx(np.mean(ceilings))


def test_other_numbers_are_todays_comparison():
    x, y = sides(np.random.default_rng(0), 40, 3, 0.5, 0.8)
    plain = rank_transfer(x, y, resamples=99)
    assert plain == rank_transfer(x, y, resamples=99, replicates=([0, 1, 2], [3, 4, 5]))


def test_the_order_of_replicates_does_not_matter():
    x, y = sides(np.random.default_rng(0), 40, 3, 0.5, 0.8)
    order = [2, 0, 1]
    one = rank_transfer(x, y, resamples=99, replicates=(range(3), range(3)))
    other = rank_transfer(x[:, order], y, resamples=99, replicates=(order, range(3)))
    assert other.tau_b == pytest.approx(one.tau_b)
    assert other.noise_ceiling == pytest.approx(one.noise_ceiling)
    assert other.difference_single == pytest.approx(one.difference_single)


def test_one_replicate_of_the_same_images_compares_nothing():
    x, y = sides(np.random.default_rng(0), 40, 1, 0.5, 0.8)
    found = rank_transfer(x, y, resamples=99, replicates=([0], [0]))
    assert (found.tau_b, found.ci_low, found.spearman, found.verdict) == (None,) * 4
    assert "no replicates of different images on the two sides: nothing is compared" in found.notes


def test_a_handful_of_models_has_counts_and_a_reason_alone():
    x, y = sides(np.random.default_rng(0), 9, 3, 0.5, 0.8)
    found = rank_transfer(x, y, resamples=99, at_least=10)
    assert (found.tau_b, found.noise_ceiling, found.spearman, found.verdict) == (None,) * 4
    assert (found.n, found.n_x, found.n_dropped) == (9, 3, 0)
    assert found.notes == ("9 distinct complete rows: fewer than the 10 asked for",)
    twins = np.repeat(np.arange(5), 4)
    x, y = sides(np.random.default_rng(0), 20, 3, 0.5, 0.8)
    assert rank_transfer(x, y, resamples=99, at_least=10).tau_b is not None
    assert rank_transfer(x, y, classes=twins, resamples=99, at_least=10).tau_b is None
