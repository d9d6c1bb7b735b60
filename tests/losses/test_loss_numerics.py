"""Finite values and gradients at the extremes, and gradients that match finite differences."""

import pytest
import torch
import torch.nn.functional as F

from imbnas.losses import LOSSES, build_loss

COUNTS = [900, 200, 40, 8, 1]
BUILT_IN = sorted(e.name for e in LOSSES.entries() if e.origin == "imbnas")
VARIANTS = [(name, {}) for name in BUILT_IN] + [
    ("focal", {"form": "sigmoid"}),
    ("focal", {"gamma": 0.5}),
    ("focal", {"form": "sigmoid", "gamma": 0.5}),
    ("gcl", {"margin": 0.1}),
    ("ldam", {"weights": "effective-number"}),
]


def case_id(value):
    return str(value)


@pytest.mark.parametrize("extreme", [0.0, 1e4, -1e4])
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=case_id)
def test_values_and_gradients_are_finite(name, options, extreme):
    loss = build_loss(name, COUNTS, **options)
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(20, 5, generator=generator)
    labels = torch.arange(20) % 5
    # Each class is once far above all others and once far below, as the label and as another.
    for row in range(20):
        logits[row, (row // 5 + row) % 5] += extreme
    logits.requires_grad_()
    features = torch.randn(20, 4, generator=generator).requires_grad_()
    value = loss(logits, labels, features)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.grad).all()
    assert features.grad is None or torch.isfinite(features.grad).all()
    assert torch.isfinite(loss.per_sample(logits, labels, features)).all()


@pytest.mark.parametrize(
    "name", ["ce", "focal", "cb-focal", "ldam", "label-aware-smoothing", "gcl"]
)
def test_soft_targets_are_finite_at_the_extremes(name):
    loss = build_loss(name, COUNTS)
    logits = (torch.eye(5) * 2e4 - 1e4).requires_grad_()
    targets = 0.5 * torch.eye(5) + 0.5 * torch.eye(5).roll(1, 0)
    value = loss(logits, targets)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=case_id)
def test_gradients_match_finite_differences(name, options, soft):
    if name == "seesaw":
        options = options | {"q": 0}  # the compensation factor is a constant by definition
    loss = build_loss(name, COUNTS, **options).double()
    if soft and loss.config.needs.hard_targets:
        pytest.skip("integer labels only")
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(6, 5, generator=generator, dtype=torch.float64)
    if loss.config.needs.cosine_classifier:
        logits = logits.tanh() / 3
    logits.requires_grad_()
    features = torch.rand(6, 3, generator=generator, dtype=torch.float64).add(0.2).requires_grad_()
    labels = torch.tensor([0, 1, 2, 3, 4, 4])
    targets = F.one_hot(labels, 5).double() * 0.6 + 0.4 / 5 if soft else labels

    def value(z, h):
        loss.set_epoch(0)  # the same random draws every time
        return loss.per_sample(z, targets, h)

    assert torch.autograd.gradcheck(value, (logits, features))


def test_seesaw_treats_its_factors_as_constants():
    """The gradient is softmax(shifted) - one-hot, as for cross entropy of shifted logits."""
    loss = build_loss("seesaw", COUNTS).double()
    loss.running_counts += torch.tensor(COUNTS)
    logits = torch.randn(8, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    logits.requires_grad_()
    labels = torch.arange(8) % 5
    loss.per_sample(logits, labels).sum().backward()
    s = logits.detach().softmax(1)
    shift = torch.zeros_like(s)
    for i, y in enumerate(labels.tolist()):
        for j in range(5):
            if j != y:
                m = min(1.0, COUNTS[j] / COUNTS[y]) ** 0.8
                c = max(1.0, float(s[i, j] / max(s[i, y], torch.tensor(0.01)))) ** 2
                shift[i, j] = torch.log(torch.tensor(m * c, dtype=torch.float64))
    expected = (logits.detach() + shift).softmax(1) - F.one_hot(labels, 5)
    torch.testing.assert_close(logits.grad, expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", BUILT_IN)
def test_half_precision_logits_are_computed_in_single_precision(name, dtype):
    logits = torch.randn(10, 5, generator=torch.Generator().manual_seed(5)).to(dtype)
    labels = torch.arange(10) % 5
    features = torch.ones(10, 3)
    single = build_loss(name, COUNTS)(logits.float(), labels, features)
    half = build_loss(name, COUNTS)(logits, labels, features)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, single)


def test_double_logits_do_not_need_a_double_module():
    logits = torch.randn(10, 5, dtype=torch.float64)
    labels = torch.arange(10) % 5
    for name in BUILT_IN:
        assert build_loss(name, COUNTS)(logits, labels, torch.ones(10, 3)).dtype == torch.float64
