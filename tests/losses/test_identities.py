"""Losses that must coincide, and symmetries that every loss must have."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.losses import LOSSES, build_loss

COUNTS = [400, 150, 60, 22, 7, 1]
BUILT_IN = sorted(e.name for e in LOSSES.entries() if e.origin == "imbnas")
SOFT = [n for n in BUILT_IN if n not in ("lade", "seesaw", "influence-balanced")]
RANDOM = {"equalization": {"gamma": 1.0}}  # without chance; gcl is silent in eval mode


def batch(size=24, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(size, 6, generator=generator, dtype=torch.float64) * 3
    labels = torch.randint(6, (size,), generator=generator)
    features = torch.randn(size, 4, generator=generator, dtype=torch.float64)
    return logits, labels, features


def quiet(name, counts=COUNTS, **options):
    """A loss in float64 without chance."""
    return build_loss(name, counts, **(RANDOM.get(name, {}) | options)).double().eval()


IDENTITIES = [
    (("focal", {"gamma": 0}), ("ce", {})),
    (("cb-ce", {"beta": 0}), ("ce", {})),
    (("cb-focal", {"beta": 0}), ("focal", {"form": "sigmoid", "gamma": 1})),
    (("power", {"power": 0}), ("ce", {})),
    (("power", {"power": 0.5}), ("sqrt-inverse", {})),
    (("power", {"power": 1}), ("inverse", {})),
    (("balanced-softmax", {}), ("logit-adjust", {"tau": 1})),
    (("logit-adjust", {"tau": 0}), ("ce", {})),
    (("vs", {"gamma": 0}), ("logit-adjust", {})),
    (("vs", {"gamma": 0, "tau": 1.7}), ("logit-adjust", {"tau": 1.7})),
    (("vs", {"tau": 0, "gamma": 0.25}), ("cdt", {"gamma": 0.25})),
    (("vs", {"tau": 0, "gamma": 0}), ("ce", {})),
    (("cdt", {"gamma": 0}), ("ce", {})),
    (("lade", {"alpha": 0}), ("balanced-softmax", {})),
    (("seesaw", {"p": 0, "q": 0}), ("ce", {})),
    (("equalization", {"gamma": 0}), ("ce", {})),
    (("equalization", {"threshold": 0}), ("ce", {})),
    (("label-smoothing", {"smoothing": 0}), ("ce", {})),
    (
        ("label-aware-smoothing", {"head": 0.2, "tail": 0.2}),
        ("label-smoothing", {"smoothing": 0.2}),
    ),
    (("influence-balanced", {"deferred_from_epoch": 1}), ("ce", {})),
    (("gcl", {"noise": 0}), ("ldam", {"max_margin": 0})),
]


@pytest.mark.parametrize(("left", "right"), IDENTITIES, ids=lambda side: f"{side[0]}{side[1]}")
def test_losses_that_coincide(left, right):
    logits, labels, features = batch()
    first, second = (quiet(name, **options) for name, options in (left, right))
    expected = second.per_sample(logits, labels, features)
    # Tables are float32, hence 1e-6.
    torch.testing.assert_close(
        first.per_sample(logits, labels, features), expected, rtol=1e-6, atol=1e-6
    )
    torch.testing.assert_close(
        first(logits, labels, features), second(logits, labels, features), rtol=1e-6, atol=1e-6
    )


def test_ldam_without_margin_is_scaled_cross_entropy():
    logits, labels, _ = batch()
    loss = quiet("ldam", max_margin=0, scale=12)
    expected = F.cross_entropy(12 * logits, labels, reduction="none")
    torch.testing.assert_close(loss.per_sample(logits, labels), expected)


def test_plain_and_weighted_cross_entropy_are_torchs_own():
    logits, labels, _ = batch()
    assert quiet("ce")(logits, labels).item() == F.cross_entropy(logits, labels).item()
    weights = quiet("cb-ce").active_weights
    expected = F.cross_entropy(logits, labels, weights)
    torch.testing.assert_close(quiet("cb-ce")(logits, labels), expected)
    smooth = F.cross_entropy(logits, labels, label_smoothing=0.1)
    torch.testing.assert_close(quiet("label-smoothing")(logits, labels), smooth)


@pytest.mark.parametrize("name", BUILT_IN)
def test_equal_counts_leave_no_class_preferred(name):
    """With equal counts the loss depends on which logit is the label's, not on its number."""
    logits, labels, features = batch()
    loss = quiet(name, counts=[30] * 6)
    turn = torch.tensor([3, 0, 5, 1, 2, 4])
    torch.testing.assert_close(
        loss.per_sample(logits, labels, features),
        loss.per_sample(logits[:, turn], turn.argsort()[labels], features),
    )


@pytest.mark.parametrize("name", BUILT_IN)
@given(order=st.permutations(range(6)), seed=st.integers(0, 99))
@settings(max_examples=8, deadline=None)
def test_renaming_classes_changes_nothing(name, order, seed):
    logits, labels, features = batch(seed=seed)
    order = torch.tensor(order)
    renamed = quiet(name, counts=np.array(COUNTS)[order.numpy()])
    original = quiet(name)
    if name == "seesaw":
        for loss, targets in ((original, labels), (renamed, order.argsort()[labels])):
            loss.train()(logits if loss is original else logits[:, order], targets)
            loss.eval()
    torch.testing.assert_close(
        renamed.per_sample(logits[:, order], order.argsort()[labels], features),
        original.per_sample(logits, labels, features),
        rtol=1e-6,
        atol=1e-6,
    )


@pytest.mark.parametrize("weights", ["none", "inverse"])
@pytest.mark.parametrize("normalise", ["sum_w", "n"])
@pytest.mark.parametrize("name", SOFT)
def test_one_hot_targets_give_what_labels_give(name, weights, normalise):
    logits, labels, _ = batch()
    loss = (
        quiet(name, weights=weights, normalise=normalise)
        if name
        not in (
            "power",
            "cb-ce",
            "cb-focal",
        )
        else quiet(name, normalise=normalise)
    )
    hot = F.one_hot(labels, 6).double()
    torch.testing.assert_close(loss.per_sample(logits, hot), loss.per_sample(logits, labels))
    torch.testing.assert_close(loss(logits, hot), loss(logits, labels))


@pytest.mark.parametrize("name", SOFT)
def test_a_mixed_target_gives_the_mixture_of_losses_and_of_normalisers(name):
    logits, first, _ = batch()
    second = first.roll(1)
    loss = quiet(name)
    targets = 0.3 * F.one_hot(first, 6) + 0.7 * F.one_hot(second, 6)
    mixture = 0.3 * loss.per_sample(logits, first) + 0.7 * loss.per_sample(logits, second)
    torch.testing.assert_close(loss.per_sample(logits, targets.double()), mixture)
    weights = loss.active_weights
    by_images = weights is None or loss.config.normalise == "n"
    total = len(first) if by_images else (0.3 * weights[first] + 0.7 * weights[second]).sum()
    torch.testing.assert_close(loss(logits, targets.double()), mixture.sum() / total)


def test_torchs_own_weighted_mean_differs_between_labels_and_one_hot_targets():
    """The trap that the explicit normaliser avoids."""
    logits, labels, _ = batch()
    loss = quiet("cb-ce")
    hot = F.one_hot(labels, 6).double()
    torchs = F.cross_entropy(logits, hot, loss.active_weights)
    assert (
        abs(torchs.item() / F.cross_entropy(logits, labels, loss.active_weights).item() - 1) > 0.2
    )
    torch.testing.assert_close(loss(logits, hot), loss(logits, labels))


def test_one_image_has_no_effect_of_weights_by_sum_w_but_has_by_n():
    logits, labels, _ = batch(size=1)
    plain = quiet("ce")(logits, labels)
    torch.testing.assert_close(quiet("inverse")(logits, labels), plain)
    by_images = quiet("inverse", normalise="n")
    torch.testing.assert_close(
        by_images(logits, labels), plain * by_images.active_weights[labels[0]]
    )
