from itertools import combinations

import numpy as np
import pytest

from imbnas.errors import InputError
from imbnas.stats import image_variance, rank_against_predictor, rank_transfer

from .chance import most

CLASSES = np.repeat(np.arange(4), 15)


def chances(rng, architectures, labels):
    """Chances to be right: quality, class, image, and what image and architecture share."""
    quality = rng.normal(size=(architectures, 1))
    by_class = rng.normal(size=(architectures, 4))[:, labels]
    image = rng.normal(size=len(labels))
    both = rng.normal(size=(architectures, len(labels)))
    return 1 / (1 + np.exp(-(0.5 * quality + by_class + image + both)))


def trained(rng, chance, replicates):
    return rng.random((len(chance), replicates, chance.shape[1])) < chance[:, None]


def by_hand(correct, labels):
    """Covariances of two replicates over the images of each class, of centred architectures."""
    total = 0.0
    for label in np.unique(labels):
        part = correct[:, :, labels == label].astype(float)
        part = part - part.mean(axis=0, keepdims=True)
        a, r, n = part.shape
        pairs = [
            np.cov(part[k, i], part[k, j])[0, 1]
            for k in range(a)
            for i, j in combinations(range(r), 2)
        ]
        total += np.mean(pairs) / n * a / (a - 1)
    return total / len(np.unique(labels)) ** 2


def test_it_is_the_covariance_of_replicates():
    rng = np.random.default_rng(0)
    labels = np.array([0] * 7 + [1] * 12 + [2] * 5)
    correct = rng.random((6, 3, 24)) < 0.6
    found = image_variance(correct, labels)
    assert found.variance == pytest.approx(by_hand(correct, labels))
    assert (found.n_architectures, found.n_replicates, found.n_images) == (6, 3, 24)
    order = rng.permutation(24)
    assert image_variance(correct[:, ::-1, order], labels[order]).variance == pytest.approx(
        found.variance
    )


def test_it_is_the_variance_over_test_splits():
    """A world of images whose test splits are drawn class by class, with chance in training."""
    rng = np.random.default_rng(1)
    world = np.repeat(np.arange(4), 1500)
    chance = chances(rng, 12, world)
    estimates, accuracies = [], []
    for _ in range(400):
        drawn = np.concatenate(
            [rng.choice(np.flatnonzero(world == label), 15, replace=False) for label in range(4)]
        )
        estimates.append(image_variance(trained(rng, chance[:, drawn], 2), CLASSES).variance)
        accuracies.append(chance[:, drawn].mean(axis=1))
    moved = np.array(accuracies) - np.mean(accuracies, axis=1, keepdims=True)
    true = moved.var(axis=0, ddof=1).sum() / 11
    error = np.std(estimates, ddof=1) / np.sqrt(len(estimates))
    assert np.mean(estimates) == pytest.approx(true, abs=3 * error + 0.05 * true)


def test_chance_of_trainings_alone_is_none():
    rng = np.random.default_rng(2)
    chance = np.full((20, 60), 0.6)
    found = [image_variance(trained(rng, chance, 3), CLASSES).variance for _ in range(100)]
    assert np.mean(found) == pytest.approx(0, abs=3 * np.std(found) / 10)
    assert min(found) < 0
    assert all(image_variance(trained(rng, chance, 3), CLASSES).sd >= 0 for _ in range(5))


@pytest.mark.parametrize(
    ("shape", "labels", "message"),
    [
        ((3, 2, 5), [0, 0, 1, 1], "shapes .* do not fit"),
        ((3, 1, 4), [0, 0, 1, 1], "3 architectures and 1 replicates"),
        ((1, 2, 4), [0, 0, 1, 1], "1 architectures and 2 replicates"),
        ((3, 2, 4), [0, 1, 1, 1], "fewer than two images"),
        ((3, 2, 0), [], "fewer than two images"),
    ],
)
def test_what_does_not_fit_is_refused(shape, labels, message):
    with pytest.raises(InputError, match=message):
        image_variance(np.zeros(shape), np.array(labels))


def test_other_values_than_right_and_wrong_are_refused():
    with pytest.raises(InputError, match="other values than 0 and 1"):
        image_variance(np.full((2, 2, 4), np.nan), [0, 0, 1, 1])


SD = 0.35


def two_splits(rng, n, replicates, noise):
    """One ranking, each side on a test split of its own."""
    truth = rng.normal(size=n)
    return [
        (truth + SD * rng.normal(size=n))[:, None] + noise * rng.normal(size=(n, replicates))
        for _ in range(2)
    ]


def shares_changed(draws, n, replicates, noise):
    rng = np.random.default_rng(4)
    found = []
    for _ in range(draws):
        sides = two_splits(rng, n, replicates, noise)
        plain = rank_transfer(*sides, resamples=199)
        known = rank_transfer(*sides, resamples=199, image_variance=(SD**2, SD**2))
        found.append((plain.verdict == "changed", known.verdict == "changed"))
    return np.mean(found, axis=0)


def test_another_test_split_is_no_other_ranking():
    plain, known = shares_changed(60, 64, 3, 0.5)
    assert plain > 0.4
    assert known <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("n", "replicates"), [(64, 3), (64, 6), (128, 3), (256, 3)])
@pytest.mark.parametrize("noise", [0.3, 0.5, 1.0])
def test_another_test_split_in_full(n, replicates, noise):
    _, known = shares_changed(300, n, replicates, noise)
    assert known <= 0.05


def trained_on_images(rng, quality, by_class, images, replicates):
    """Bits (A, R, N) and labels of trainings that are tested on a test split of their own."""
    labels = np.repeat(np.arange(by_class.shape[1]), images)
    size = (len(quality), len(labels))
    logits = quality[:, None] + by_class[:, labels] + rng.normal(size=size[1])
    logits = (logits + 3 * rng.normal(size=size))[:, None]
    luck = 0.1 * rng.normal(size=(len(quality), replicates, 1))
    return rng.random((size[0], replicates, size[1])) < 1 / (1 + np.exp(-logits - luck)), labels


def shares_changed_by_bits(draws, n, replicates, images):
    """As ``shares_changed``, with the sampling of images estimated from what was right."""
    rng = np.random.default_rng(4)
    found = []
    for _ in range(draws):
        quality, by_class = 0.3 * rng.normal(size=n), 0.3 * rng.normal(size=(n, 10))
        sides = [trained_on_images(rng, quality, by_class, images, replicates) for _ in range(2)]
        accuracies = [correct.mean(axis=2) for correct, _ in sides]
        variances = tuple(image_variance(*side).sd ** 2 for side in sides)
        plain = rank_transfer(*accuracies, resamples=199)
        known = rank_transfer(*accuracies, resamples=199, image_variance=variances)
        found.append((plain.verdict == "changed", known.verdict == "changed"))
    return np.mean(found, axis=0)


def test_what_was_right_tells_another_test_split_from_another_ranking():
    plain, known = shares_changed_by_bits(20, 64, 3, 20)
    assert plain > 0.5
    assert known <= most(0.025, 20)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "replicates", "images"), [(64, 3, 20), (64, 6, 20), (128, 3, 40), (128, 6, 20)]
)
def test_what_was_right_in_full(n, replicates, images):
    plain, known = shares_changed_by_bits(200, n, replicates, images)
    print(f"bits, {n} architectures, {replicates} replicates, {images} images of a class: "  # noqa: T201
          f"{known:.3f} ({plain:.3f})")  # fmt: skip
    assert known <= most(0.025, 200)


def test_image_noise_lowers_the_ceiling_by_its_share():
    rng = np.random.default_rng(6)
    sides = two_splits(rng, 3000, 4, 0.5)
    found = rank_transfer(*sides, resamples=39, image_variance=(SD**2, SD**2))
    reliability = 1 / (1 + SD**2 + 0.25 / 4)
    assert found.noise_ceiling == pytest.approx(2 / np.pi * np.arcsin(reliability), abs=0.02)
    assert found.tau_corrected == pytest.approx(1, abs=0.06)
    target = rank_against_predictor(sides[0].mean(axis=1), sides[1], resamples=39)
    lower = rank_against_predictor(
        sides[0].mean(axis=1), sides[1], resamples=39, image_variance=SD**2
    )
    assert lower.noise_ceiling < target.noise_ceiling - 0.05
    assert lower.tau_b == target.tau_b


def test_no_image_noise_changes_nothing():
    sides = two_splits(np.random.default_rng(0), 30, 3, 0.5)
    plain = rank_transfer(*sides, resamples=99)
    assert plain == rank_transfer(*sides, resamples=99, image_variance=(0.0, 0.0))


def test_unusable_image_noise():
    sides = two_splits(np.random.default_rng(0), 30, 3, 0.5)
    for wrong in (-0.1, np.nan, np.inf):
        with pytest.raises(InputError, match="image_variance: .* give numbers of at least 0"):
            rank_transfer(*sides, image_variance=(0.1, wrong))
    equal = np.repeat(sides[0][:, :1], 3, axis=1)
    found = rank_transfer(equal, sides[1], resamples=99, image_variance=(0.1, 0.1))
    assert found.noise_ceiling is None
    assert any("replicates of x are equal" in note for note in found.notes)
