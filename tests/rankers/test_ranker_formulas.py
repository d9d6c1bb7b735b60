"""Each formula against a computation in NumPy that shares no code with it."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from imbnas.rankers.builtin import GradNorm, JacobCov, Naswot, Snip, SynFlow
from imbnas.rankers.candidate import Candidate, Task

BATCH = 9
MakeCandidate = Callable[..., Candidate]
MakeTask = Callable[..., Task]


def arrays(network: Any) -> list[np.ndarray]:
    first, last = network.first, network.classifier
    tensors = (first.weight, first.bias, last.weight, last.bias)
    return [tensor.detach().double().numpy() for tensor in tensors]


def gradients(
    network: Any, images: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None
) -> list[np.ndarray]:
    """Backpropagation of the (weighted) mean cross entropy, written out."""
    w1, b1, w2, b2 = arrays(network)
    hidden = images @ w1.T + b1
    features = np.maximum(hidden, 0)
    logits = features @ w2.T + b2
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    error = odds / odds.sum(axis=1, keepdims=True)
    error[np.arange(len(labels)), labels] -= 1
    each = np.ones(len(labels)) if weights is None else weights[labels]
    error *= (each / each.sum())[:, None]
    back = (error @ w2) * (hidden > 0)
    return [back.T @ images, error.T @ features]


def test_gradient_norm_and_snip(
    two_layers: Any, make_candidate: MakeCandidate, make_task: MakeTask
) -> None:
    task = make_task()
    images, labels = task.first_batch(BATCH)
    found = gradients(two_layers, images.flatten(1).double().numpy(), labels.numpy())
    norm = sum(math.sqrt((g**2).sum()) for g in found)
    w1, _, w2, _ = arrays(two_layers)
    snip = sum(np.abs(g * w).sum() for g, w in zip(found, (w1, w2), strict=True))
    score = GradNorm(batch_size=BATCH).score(make_candidate(two_layers, task))
    assert score.value == pytest.approx(norm, rel=1e-5)
    score = Snip(batch_size=BATCH).score(make_candidate(two_layers, task))
    assert score.value == pytest.approx(snip, rel=1e-5)


def test_the_loss_is_the_schemes_own(
    two_layers: Any, make_candidate: MakeCandidate, make_task: MakeTask
) -> None:
    task = make_task(scheme="cb-ce")
    images, labels = task.first_batch(64)
    beta, counts = 0.9999, np.array(task.class_counts)
    weights = (1 - beta) / (1 - beta**counts)
    found = gradients(two_layers, images.flatten(1).double().numpy(), labels.numpy(), weights)
    norm = sum(math.sqrt((g**2).sum()) for g in found)
    score = GradNorm().score(make_candidate(two_layers, task))
    assert score.value == pytest.approx(norm, rel=1e-5)
    plain = GradNorm().score(make_candidate(two_layers, make_task()))
    assert score.value != pytest.approx(plain.value, rel=1e-2)


def test_what_a_scheme_defers_is_not_in_force(
    two_layers: Any, make_candidate: MakeCandidate, make_task: MakeTask
) -> None:
    plain, deferred = (
        GradNorm().score(make_candidate(two_layers, make_task(scheme=name))).value
        for name in ("ce", "cb-drw")
    )
    assert plain == pytest.approx(deferred, rel=1e-6)


def test_synflow_is_the_flow_through_absolute_weights(
    two_layers: Any, make_candidate: MakeCandidate
) -> None:
    w1, b1, w2, _ = map(np.abs, arrays(two_layers))
    ones = np.ones(64)
    # What reaches the output from the input passes both layers, a bias of the first only one.
    value = 2 * (w2 @ w1 @ ones).sum() + (w2 @ b1).sum()
    assert SynFlow().score(make_candidate(two_layers)).value == pytest.approx(value, rel=1e-9)


def test_synflow_of_a_convolution_and_a_sum(make_candidate: MakeCandidate) -> None:
    class Branches(nn.Module):
        """x + conv(x), normalised, averaged, classified; everything is known in closed form."""

        def __init__(self) -> None:
            super().__init__()
            self.classifier = nn.Linear(1, 10)
            self.first = nn.Conv2d(1, 1, 3, padding=1, bias=False)
            self.norm = nn.BatchNorm2d(1)

        def forward_features(self, images: torch.Tensor) -> torch.Tensor:
            return self.norm(images + self.first(images)).mean(dim=(2, 3))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.classifier(self.forward_features(images))

    network = Branches()
    kernel = network.first.weight.detach().double().numpy()[0, 0]
    padded = np.pad(np.ones((8, 8)), 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    convolved = (windows * np.abs(kernel)).sum(axis=(2, 3)).mean()
    head = np.abs(network.classifier.weight.detach().double().numpy()).sum()
    # The classifier passes on all, the kernel only its own branch; normalisation does nothing.
    value = head * (1 + convolved) + head * convolved
    assert SynFlow().score(make_candidate(network)).value == pytest.approx(value, rel=1e-9)


def test_naswot_is_the_log_determinant_of_agreements(
    two_layers: Any, make_candidate: MakeCandidate, make_task: MakeTask
) -> None:
    task = make_task()
    images = task.distinct_images(BATCH).flatten(1).double().numpy()
    w1, b1, *_ = arrays(two_layers)
    codes = ["".join("1" if unit > 0 else "0" for unit in w1 @ x + b1) for x in images]
    kernel = [
        [sum(a == b for a, b in zip(one, other, strict=True)) for other in codes] for one in codes
    ]
    value = math.log(abs(np.linalg.det(np.array(kernel, dtype=float))))
    score = Naswot(batch_size=BATCH).score(make_candidate(two_layers, task))
    assert score.value == pytest.approx(value, rel=1e-9)


def test_jacobian_covariance(
    two_layers: Any, make_candidate: MakeCandidate, make_task: MakeTask
) -> None:
    task = make_task()
    images = task.distinct_images(BATCH).flatten(1).double().numpy()
    w1, b1, w2, _ = arrays(two_layers)
    rows = [w1.T @ ((w1 @ x + b1 > 0) * w2.sum(axis=0)) for x in images]
    centred = [row - row.mean() for row in rows]
    units = np.array([row / math.sqrt((row**2).sum()) for row in centred])
    eigenvalues = np.linalg.eigvals(units @ units.T).real
    value = -sum(math.log(v + 1e-5) + 1 / (v + 1e-5) for v in eigenvalues)
    score = JacobCov(batch_size=BATCH).score(make_candidate(two_layers, task))
    assert score.value == pytest.approx(value, rel=1e-3)


def test_a_batch_whose_correlation_must_be_singular_has_no_score(
    two_layers: Any, make_candidate: MakeCandidate, make_task: MakeTask
) -> None:
    candidate = make_candidate(two_layers, make_task("digits@1x"))
    scores = {n: JacobCov(batch_size=n).score(candidate).value for n in (9, 63, 64, 65)}
    assert {n: math.isfinite(value) for n, value in scores.items()} == {
        9: True,
        63: True,
        64: False,
        65: False,
    }


def test_cost_is_counted(two_layers: Any, make_candidate: MakeCandidate) -> None:
    costs = {
        type(ranker).__name__: ranker.score(make_candidate(two_layers))
        for ranker in (GradNorm(batch_size=20), Naswot(batch_size=20), JacobCov(), SynFlow())
    }
    counted = {name: (score.images_seen, score.macs) for name, score in costs.items()}
    assert counted == {
        "GradNorm": (20, 60_000),
        "Naswot": (20, 20_000),
        "JacobCov": (64, 192_000),
        "SynFlow": (1, 3_000),
    }
