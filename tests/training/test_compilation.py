"""Networks through ``torch.compile``: whole, again for each training, or not at all."""

import itertools
import os
import shutil
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from imbnas.schemes import build_scheme, resolve_scheme
from imbnas.training.checkpoints import Snapshot
from imbnas.training.fitting import Fit, Trainer
from imbnas.training.forward import CompilationError, compiled_features
from imbnas.units.recipes import Recipe
from imbnas.units.unit import Precision

COUNTS = (20, 10)

needs_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None,
    reason="torch.compile needs a C++ compiler on a CPU",
)


class Branching(nn.Module):
    """What it computes depends on values, so that it is no single graph."""

    num_features = 4
    classifier: nn.Module = nn.Identity()

    def forward_features(self, images: Tensor) -> Tensor:
        return images if images.sum() > 0 else -images

    forward = forward_features


def test_a_network_that_is_no_single_graph_is_refused_in_one_line() -> None:
    features = compiled_features(Branching())
    with pytest.raises(CompilationError, match=r"cannot compile this Branching here: .*--compile"):
        features(torch.ones(2, 4))


class Layers(nn.Module):
    """Convolutions one after the other; networks of any depth share this code."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.num_features = 4
        widths = [1, *[4] * depth]
        self.body = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(one, other, 3, padding=1), nn.BatchNorm2d(other), nn.ReLU())
                for one, other in itertools.pairwise(widths)
            )
        )
        self.classifier: nn.Module = nn.Linear(4, 2)

    def forward_features(self, images: Tensor) -> Tensor:
        return self.body(images).mean((2, 3))

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.forward_features(images))


class Batches:
    """The same whole batch and a smaller one in each epoch."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        self.images = torch.randn(30, 1, 4, 4, generator=generator)
        self.labels = torch.tensor([0, 1, 0] * 10)

    def epoch(self, steps: int | None = None, class_probabilities: Tensor | None = None):
        yield from zip(self.images.split(20), self.labels.split(20), strict=True)

    def state_dict(self) -> dict[str, Tensor]:
        return {}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        pass


class Kept:
    """A checkpoint that holds the state after the first epoch."""

    def __init__(self) -> None:
        self.held: Snapshot | None = None

    def load(self) -> Snapshot | None:
        return self.held

    def offer(self, take: Callable[[], Snapshot], reached: object = None) -> None:
        if self.held is None:
            taken = take()
            tensors = {name: tensor.detach().clone() for name, tensor in taken.tensors.items()}
            progress = {**taken.facts["progress"]}
            self.held = Snapshot({**taken.facts, "progress": progress}, tensors)


def trained(
    depth: int, compiled: bool, precision: Precision = "float32", kept: Kept | None = None
) -> tuple[Fit, dict[str, Tensor]]:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = Layers(depth)
    fit = Trainer(
        network=network,
        stream=Batches(),
        scheme=build_scheme(resolve_scheme("ce"), COUNTS, 2),
        recipe=Recipe(epochs=2, batch_size=20, lr=0.02),
        class_counts=COUNTS,
        mixing_generator=torch.Generator(),
        precision=precision,
        compiled=compiled,
        checkpoint=kept or Kept(),
    ).run()
    return fit, network.state_dict()


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_compiled_training_is_the_same_but_for_rounding(precision: Precision) -> None:
    plain, weights = trained(2, compiled=False, precision=precision)
    fit, compiled = trained(2, compiled=True, precision=precision)
    near = 1e-4 if precision == "float32" else 5e-2
    assert fit.train_loss == pytest.approx(plain.train_loss, rel=near)
    for name, tensor in weights.items():
        torch.testing.assert_close(compiled[name], tensor, rtol=near, atol=near)


@pytest.mark.slow
@needs_compiler
def test_a_compiled_training_does_not_depend_on_those_before_and_goes_on_bit_for_bit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = Kept()
    first = trained(1, compiled=True, kept=kept)
    # Without starting again, the second network would be left uncompiled or refused.
    monkeypatch.setattr(torch._dynamo.config, "recompile_limit", 2)
    trained(2, compiled=True)
    again = trained(1, compiled=True)
    resumed = trained(1, compiled=True, kept=kept)
    for fit, weights in (again, resumed):
        assert fit == first[0]
        assert all(torch.equal(weights[name], tensor) for name, tensor in first[1].items())
