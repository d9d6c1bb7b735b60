"""Class weights and other derived vectors against published and computed values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.losses import build_loss
from imbnas.losses.class_counts import check_class_counts
from imbnas.losses.margin import ldam_margins
from imbnas.losses.weights import class_weights

CIFAR10_100X = np.array([5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50])
CIFAR100_100X = np.array([int(500 * 0.01 ** (i / 99)) for i in range(100)])

# Head and tail of the weight vectors at imbalance 100, to the five decimals they are known to.
GOLDEN = [
    ("effective-number", 0.9999, CIFAR10_100X, 0.05061, 3.99272),
    ("effective-number", 0.9999, CIFAR100_100X, 0.04488, 4.37831),
    ("effective-number", 0.999, CIFAR10_100X, 0.18119, 3.68832),
    ("effective-number", 0.999, CIFAR100_100X, 0.05508, 4.34451),
    ("effective-number", 0.99, CIFAR10_100X, 0.78383, 1.98442),
    ("effective-number", 0.99, CIFAR100_100X, 0.19652, 3.98352),
    ("effective-number", 0.9, CIFAR10_100X, 0.99947, 1.00464),
    ("effective-number", 0.9, CIFAR100_100X, 0.82019, 2.00287),
    ("inverse", None, CIFAR10_100X, 0.04024, 4.02365),
    ("inverse", None, CIFAR100_100X, 0.04382, 4.38202),
    ("sqrt-inverse", None, CIFAR10_100X, 0.24453, 2.44529),
    ("sqrt-inverse", None, CIFAR100_100X, 0.25044, 2.50444),
]

counts_lists = st.lists(st.integers(1, 10**6), min_size=2, max_size=30)


def test_the_count_vectors_are_those_the_golden_values_were_computed_for():
    assert CIFAR10_100X.sum() == 12406
    assert CIFAR100_100X.sum() == 10847


@pytest.mark.parametrize(("rule", "beta", "counts", "head", "tail"), GOLDEN)
def test_golden_weights(rule, beta, counts, head, tail):
    options = {} if beta is None else {"beta": beta}
    weights = class_weights(rule, counts, **options)
    assert weights[[0, -1]] == pytest.approx([head, tail], abs=1e-5)
    module = build_loss("ce", counts, weights=rule, **options)
    assert module.active_weights[[0, -1]].tolist() == pytest.approx([head, tail], abs=1e-5)


@pytest.mark.parametrize("counts", [CIFAR10_100X, CIFAR100_100X])
def test_golden_margins(counts):
    assert ldam_margins(counts, 0.5)[[0, -1]] == pytest.approx([0.15811, 0.5], abs=1e-5)


@pytest.mark.parametrize(
    ("counts", "head", "tail"),
    [(CIFAR10_100X, -0.9087, -5.5139), (CIFAR100_100X, -3.0770, -7.6822)],
)
def test_golden_log_prior(counts, head, tail):
    offset = build_loss("logit-adjust", counts).offset
    assert offset[[0, -1]].tolist() == pytest.approx([head, tail], abs=1e-4)


@pytest.mark.parametrize("counts", [CIFAR10_100X, CIFAR100_100X])
def test_golden_temperatures(counts):
    temperature = 1 / build_loss("cdt", counts, gamma=0.2).factor
    assert temperature[[0, -1]].tolist() == pytest.approx([1, 2.5119], abs=1e-4)


def test_average_weight_of_a_training_image_is_far_below_one():
    """The reason why the normaliser matters: 0.203 on CIFAR-100 at 100x with beta 0.9999."""
    weights = class_weights("effective-number", CIFAR100_100X, beta=0.9999)
    assert (weights * CIFAR100_100X).sum() / CIFAR100_100X.sum() == pytest.approx(0.203, abs=5e-4)


@given(counts_lists, st.sampled_from(["inverse", "sqrt-inverse", "effective-number"]))
def test_weights_sum_to_the_number_of_classes_and_never_favour_larger_classes(counts, rule):
    counts = np.array(counts)
    weights = class_weights(rule, counts)
    assert weights.sum() == pytest.approx(len(counts))
    assert (np.diff(weights[np.argsort(counts, kind="stable")]) <= 1e-12).all()
    assert (weights > 0).all()


@given(counts_lists)
def test_limits_of_the_rules(counts):
    counts = np.array(counts)
    ones = np.ones(len(counts))
    inverse = class_weights("inverse", counts)
    assert class_weights("effective-number", counts, beta=0.0) == pytest.approx(ones)
    assert class_weights("power", counts, power=0.0) == pytest.approx(ones)
    assert class_weights("power", counts, power=1.0) == pytest.approx(inverse)
    assert class_weights("power", counts, power=0.5) == pytest.approx(
        class_weights("sqrt-inverse", counts)
    )
    nearly = class_weights("effective-number", counts, beta=1 - 1e-13)
    assert nearly == pytest.approx(inverse, rel=1e-5)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([5, 0, 2], "class 1 has 0 images"),
        ([5, -3], "class 1 has -3 images"),
        ([5, 2.5], "whole number"),
        ([5, float("nan")], "class 1 has nan"),
        ([5], "at least 2 classes"),
        ([], "at least 2 classes"),
    ],
)
def test_unusable_counts_are_refused(counts, words):
    with pytest.raises(ValueError, match=words):
        check_class_counts(counts)
