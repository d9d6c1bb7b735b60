"""Mixing of images and labels."""

import numpy as np
import pytest
import torch

from imbnas.schemes.mixing import mix_batch

COUNTS = np.array([300, 100, 99, 10])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def constant_images(size):
    """Image i is filled with the number i, so that a mixture shows its parts."""
    return torch.arange(size, dtype=torch.float64).view(-1, 1, 1, 1).expand(-1, 2, 8, 8).clone()


@pytest.mark.parametrize("kind", ["mixup", "cutmix", "remix"])
@pytest.mark.parametrize("seed", range(5))
def test_targets_are_probabilities_of_the_two_labels_and_inputs_stay(kind, seed):
    images, labels = constant_images(32), torch.arange(32) % 4
    before = images.clone()
    mixed, targets = mix_batch(kind, images, labels, COUNTS, 1.0, generator(seed))
    assert torch.equal(images, before)
    assert mixed.shape == images.shape
    assert targets.shape == (32, 4)
    torch.testing.assert_close(targets.sum(1), torch.ones(32))
    assert (targets >= 0).all()
    assert ((targets > 0).sum(1) <= 2).all()
    again = mix_batch(kind, images, labels, COUNTS, 1.0, generator(seed))
    assert torch.equal(again[0], mixed)
    assert torch.equal(again[1], targets)


@pytest.mark.parametrize("seed", range(5))
def test_mixup_mixes_images_in_the_proportion_of_the_targets(seed):
    images, labels = constant_images(4), torch.arange(4)
    mixed, targets = mix_batch("mixup", images, labels, COUNTS, 1.0, generator(seed))
    expected = targets.double() @ torch.arange(4, dtype=torch.float64)
    torch.testing.assert_close(mixed[:, 0, 0, 0], expected, atol=1e-5, rtol=1e-5)
    assert (mixed == mixed[:, :1, :1, :1]).all()


@pytest.mark.parametrize("seed", range(10))
def test_cutmix_targets_are_the_share_of_pixels(seed):
    images, labels = constant_images(4), torch.arange(4)
    mixed, targets = mix_batch("cutmix", images, labels, COUNTS, 1.0, generator(seed))
    for row in range(4):
        for label in range(4):
            share = (mixed[row] == label).double().mean().item()
            assert share == pytest.approx(targets[row, label].item(), abs=1e-6)


def test_remix_gives_the_whole_label_to_a_class_three_times_rarer():
    """The published rule, written out pair by pair."""
    labels = torch.arange(64) % 4
    images = constant_images(64)
    winners = 0
    for seed in range(30):
        plain = mix_batch("mixup", images, labels, COUNTS, 1.0, generator(seed))[1]
        ruled = mix_batch("remix", images, labels, COUNTS, 1.0, generator(seed))[1]
        mixed = mix_batch("remix", images, labels, COUNTS, 1.0, generator(seed))[0][:, 0, 0, 0]
        for i in range(64):
            parts = plain[i].nonzero().flatten().tolist()
            if len(parts) == 1:
                assert torch.equal(ruled[i], plain[i])
                continue
            own = int(labels[i])
            other = next(part for part in parts if part != own)
            share = float(plain[i, own])
            ratio = COUNTS[own] / COUNTS[other]
            expected = share
            if ratio >= 3 and share < 0.5:
                expected = 0.0
            elif ratio <= 1 / 3 and 1 - share < 0.5:
                expected = 1.0
            winners += expected in (0.0, 1.0)
            assert float(ruled[i, own]) == pytest.approx(expected, abs=1e-6)
        assert mixed.isfinite().all()
    assert winners > 100


def test_partners_are_permuted_after_class_aware_drawing():
    """Runs of four of a class must not meet only their own kind, as neighbours would."""
    labels = torch.arange(64) // 4 % 4
    same = 0.0
    for seed in range(50):
        _, targets = mix_batch("mixup", constant_images(64), labels, COUNTS, 1.0, generator(seed))
        same += (targets.max(1).values == 1).double().mean().item()
    assert same / 50 == pytest.approx(1 / 4, abs=0.05)


def test_shares_follow_the_beta_distribution():
    shares = []
    for seed in range(400):
        _, targets = mix_batch(
            "mixup", torch.zeros(2, 1, 2, 2), torch.tensor([0, 1]), COUNTS, 0.4, generator(seed)
        )
        if targets[0, 1] > 0:
            shares.append(float(targets[0, 0]))
    shares = np.array(shares)
    # Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
    assert shares.mean() == pytest.approx(0.5, abs=0.06)
    assert shares.var() == pytest.approx(1 / (4 * 1.8), abs=0.025)
