"""What can be known without a GPU of whether everything stays on the device it was put on.

Tensors on the device ``meta`` have no values: an operation that mixes devices, or that copies a
value to the host, fails there as it would fail, or wait, on a GPU.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.fx.experimental import _config

import imbnas
from imbnas.losses.loss import Loss
from imbnas.schemes import SCHEMES, resolve_scheme
from imbnas.schemes.training_scheme import build_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.training.evaluation import ask, class_correct
from imbnas.training.fitting import Trainer
from imbnas.units.recipes import Recipe

ARCHITECTURE = (
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|nor_conv_3x3~0|skip_connect~1|none~2|"
)
COUNTS = (40, 20, 10)
META = torch.device("meta")
STEP_BY_STEP = (
    "training/fitting.py", "training/evaluation.py", "training/averaging.py", "training/parts.py",
    "training/statistics.py", "training/forward.py", "training/validation.py", "supernet",
    "spaces/pooling.py", "spaces/nats/operations.py", "spaces/nats/network.py",
    "spaces/darts/network.py", "losses", "schemes/mixing.py", "data/augmentation.py",
    "data/streams.py",
)  # fmt: skip
"""What runs in every step, below the package."""


class MetaStream:
    """A batch without values in each epoch."""

    def epoch(self, steps=None, class_probabilities=None):
        images = torch.empty(8, 3, 4, 4, device=META)
        yield images, torch.empty(8, dtype=torch.int64, device=META)


def different_steps() -> list[str]:
    """One scheme for each combination of what changes the steps of a training."""
    found = {}
    for name in SCHEMES.names():
        spec = resolve_scheme(name)
        found.setdefault((spec.loss, spec.mixing, spec.classifier), name)
    return list(found.values())


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """One entry for each value that is read on the host; the optimizer takes any device."""
    read: list[int] = []
    listed = torch.Tensor.tolist

    def item(_: torch.Tensor) -> float:
        read.append(1)
        return 1.0

    def tolist(tensor: torch.Tensor):
        return [item(tensor)] if tensor.is_meta else listed(tensor)

    class Unfused(torch.optim.SGD):
        def __init__(self, *arguments, fused, **options) -> None:
            assert fused
            super().__init__(*arguments, **options)

    # Losses that draw do so by a generator on the device, which torch does not make for meta.
    monkeypatch.setattr(Loss, "_random", lambda loss, device: None)
    monkeypatch.setattr(torch.Tensor, "item", item)
    monkeypatch.setattr(torch.Tensor, "tolist", tolist)
    monkeypatch.setattr(torch.optim, "SGD", Unfused)
    # A loss that takes mixed targets one by one asks which are not 0: a GPU waits there in each
    # step, and meta, which cannot know, takes all.
    with _config.patch(meta_nonzero_assume_all_nonzero=True):
        yield read


@pytest.mark.parametrize("name", different_steps())
def test_a_training_stays_on_its_device_and_is_read_once_an_epoch(name: str, reads) -> None:
    network = get_space("nats-tss").build(ARCHITECTURE, NetworkShape(2, 1, 4, 3, 3))
    scheme = build_scheme(resolve_scheme(name), COUNTS, 2, seed=0)
    classifier = scheme.make_classifier(network.num_features, 3)
    network.classifier = classifier or network.classifier
    fit = Trainer(
        network=network.to(META),
        stream=MetaStream(),
        scheme=scheme.to(META),
        recipe=Recipe(epochs=2, batch_size=8, average_from=0.5, clip_norm=1.0),
        class_counts=COUNTS,
        mixing_generator=torch.Generator(),
    ).run()
    assert fit.trained_images == 16
    assert len(reads) == 2


def test_an_evaluation_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = []
    monkeypatch.setattr(torch.Tensor, "cpu", partial(pytest.fail, "a batch was read"))
    monkeypatch.setattr(torch.Tensor, "item", partial(pytest.fail, "a value was read"))

    def predict(images: torch.Tensor) -> torch.Tensor:
        answers.append(len(images))
        return images

    batches = [(torch.eye(3)[[0, 1, 1]], torch.tensor([0, 1, 2])), (torch.eye(3), torch.arange(3))]
    assert class_correct(predict, batches, 4) == ((2, 2, 1, 0), (2, 2, 2, 0))
    assert class_correct(predict, [], 2) == ((0, 0), (0, 0))
    assert answers == [3, 3]


def test_answers_are_read_after_the_last_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    done, read = [], []
    to_host = torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "item", partial(pytest.fail, "a value was read"))
    monkeypatch.setattr(torch.Tensor, "tolist", partial(pytest.fail, "values were read"))
    monkeypatch.setattr(
        torch.Tensor, "cpu", lambda tensor: read.append(len(done)) or to_host(tensor)
    )

    def predict(images: torch.Tensor) -> torch.Tensor:
        done.append(len(images))
        return images

    batches = [(torch.eye(3)[[0, 1, 1]], torch.tensor([0, 1, 2])), (torch.eye(3), torch.arange(3))]
    found = ask(predict, batches, 4)
    assert read == [2, 2, 2]
    assert (found.correct, found.total) == ((2, 2, 1, 0), (2, 2, 2, 0))
    assert found.right.tolist() == [True, True, False, True, True, True]
    likely = np.exp(1) / (np.exp(1) + 2)
    assert found.confidence == pytest.approx([likely] * 6)
    assert ask(predict, [], 2).total == (0, 0)


def test_logits_decide_where_rounding_makes_probabilities_equal() -> None:
    logits = torch.tensor([[0.0, 120.0, 120.00001, 0.0]])
    assert logits[0, 1] < logits[0, 2]
    found = ask(lambda images: images, [(logits, torch.tensor([2]))], 4)
    assert found.right.tolist() == [True]


def test_no_step_asks_for_a_device_by_name_or_for_a_copy_on_the_host() -> None:
    root = Path(imbnas.__file__).parent
    files = [
        file
        for part in STEP_BY_STEP
        for file in ([root / part] if part.endswith(".py") else (root / part).glob("*.py"))
    ]
    assert len(files) > 30
    forbidden = re.compile(r"\.cpu\(|\.cuda\(|\.numpy\(|device=[\"']")
    found = [
        f"{file.name}: {line.strip()}"
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if forbidden.search(line)
    ]
    assert not found
