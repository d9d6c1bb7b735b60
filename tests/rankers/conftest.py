"""Candidates made of digits and of networks small enough to compute by hand."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from imbnas.data.image_sets import select_images
from imbnas.data.loading import load_dataset
from imbnas.data.locations import DataLocations
from imbnas.data.resolving import resolve
from imbnas.rankers.candidate import Candidate, Task
from imbnas.schemes import resolve_scheme
from imbnas.spaces import Counts, NetworkShape, get_space
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Augmentation, Recipe

SHAPE = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)
RECIPE = Recipe(
    epochs=10, steps_per_epoch=3, batch_size=32, width=4, depth=1, augmentation=Augmentation(pad=1)
)


class TwoLayers(nn.Module):
    """Linear, ReLU, linear on the pixels; ``logits = W2 relu(W1 x + b1) + b2``."""

    def __init__(self, hidden: int = 12) -> None:
        super().__init__()
        self.num_features = hidden
        self.first = nn.Linear(64, hidden)
        self.classifier: nn.Module = nn.Linear(hidden, 10)

    def forward_features(self, images: Tensor) -> Tensor:
        return torch.relu(self.first(images.flatten(1)))

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.forward_features(images))


@pytest.fixture
def two_layers() -> TwoLayers:
    """Always the same one."""
    with torch.random.fork_rng():
        torch.manual_seed(11)
        return TwoLayers()


MakeTask = Callable[..., Task]
MakeCandidate = Callable[..., Candidate]


@pytest.fixture(scope="session")
def make_task() -> MakeTask:
    """A task on digits; keyword arguments replace fields."""

    def make(condition: str = "digits@10x", scheme: str = "ce", **fields: object) -> Task:
        dataset = load_dataset("digits", DataLocations.from_options(offline=True))
        manifest = resolve(parse_condition(condition), dataset)
        known = {
            "train_images": select_images(dataset, manifest.train),
            "validation_images": select_images(dataset, manifest.validation),
            "class_counts": manifest.class_counts,
            "scheme": resolve_scheme(scheme),
            "recipe": RECIPE,
            "seed": 5,
        }
        return Task(**(known | fields))

    return make


@pytest.fixture(scope="session")
def make_candidate(make_task: MakeTask) -> MakeCandidate:
    """A candidate of an architecture string, or of any network."""

    def make(network: str | nn.Module, task: Task | None = None, seed: int = 3) -> Candidate:
        counts = Counts(1, 1000)
        if isinstance(network, str):
            space = get_space("nats-tss" if "~" in network and "|" in network else "darts")
            counts = space.counts(network, SHAPE)
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                network = space.build(network, SHAPE)
        return Candidate(network.train(), counts, SHAPE, seed, task or make_task())

    return make
