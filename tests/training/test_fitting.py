from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from imbnas.data.dataset import ArraySplit, Dataset
from imbnas.data.image_sets import FileSet, ImageSet, select_images
from imbnas.data.manifests import Selection
from imbnas.data.streams import open_stream
from imbnas.schemes import build_scheme, resolve_scheme
from imbnas.training.fitting import Fit, NonFiniteLossError, Trainer
from imbnas.units.recipes import Augmentation, Recipe

COUNTS = (40, 10)


class TinyNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.num_features = 4
        self.backbone = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.classifier: nn.Module = nn.Linear(4, 2)

    def forward_features(self, images: Tensor) -> Tensor:
        return self.backbone(images).mean((2, 3))

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.forward_features(images))


def make_images() -> ImageSet | FileSet:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], COUNTS)
    pixels = rng.normal(100 + 60 * labels[:, None, None, None], 40, (50, 6, 6, 1))
    split = ArraySplit(labels, pixels.clip(0, 255).astype(np.uint8))
    dataset = Dataset("two", ("a", "b"), split, split, "0" * 64, (0.45,), (0.2,))
    return select_images(dataset, Selection(split="train", indices=tuple(range(50))))


@dataclass
class Trained:
    network: TinyNetwork
    fit: Fit
    epochs: list[int] = field(default_factory=list)


def fit(recipe: Recipe, scheme: str = "ce", **options: object) -> Trained:
    torch.manual_seed(0)
    trained = Trained(TinyNetwork(), Fit((0.0,), 0, 0))
    trained.fit = Trainer(
        network=trained.network,
        stream=open_stream(
            make_images(), recipe.batch_size, Augmentation(), torch.Generator().manual_seed(1)
        ),
        scheme=build_scheme(resolve_scheme(scheme), COUNTS, recipe.epochs),
        recipe=recipe,
        class_counts=COUNTS,
        mixing_generator=torch.Generator().manual_seed(2),
        before_pass=lambda epoch, _: trained.epochs.append(epoch),
        **options,
    ).run()
    return trained


def test_training_learns_and_counts_its_images() -> None:
    short = fit(Recipe(epochs=1, batch_size=16, lr=0.05))
    long = fit(Recipe(epochs=15, batch_size=16, lr=0.05))
    assert long.fit.train_loss < short.fit.train_loss
    assert long.fit.trained_images == 15 * 50
    assert long.fit.head_images == 0


def test_fixed_steps_give_the_same_number_whatever_the_data() -> None:
    trained = fit(Recipe(epochs=3, steps_per_epoch=7, batch_size=16))
    assert trained.epochs == [0] * 7 + [1] * 7 + [2] * 7
    assert trained.fit.trained_images == 3 * 7 * 16


def test_the_same_seeds_give_the_same_bits() -> None:
    recipe = Recipe(epochs=2, batch_size=16)
    first, second = fit(recipe).network.state_dict(), fit(recipe).network.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_sgd_matches_a_plain_loop() -> None:
    recipe = Recipe(epochs=2, batch_size=50, lr=0.1, weight_decay=0.01, schedule="constant")
    trained = fit(recipe).network
    torch.manual_seed(0)
    plain, images = TinyNetwork().train(), make_images()
    assert isinstance(images, ImageSet)
    optimizer = torch.optim.SGD(
        plain.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01
    )
    for _ in range(2):
        optimizer.zero_grad()
        everything = images.batch(torch.arange(50))
        nn.functional.cross_entropy(plain(everything), images.labels).backward()
        optimizer.step()
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(trained.state_dict()[name], value, rtol=1e-4, atol=1e-5)


def test_a_frozen_backbone_stays_bit_unchanged() -> None:
    torch.manual_seed(0)
    before = TinyNetwork().state_dict()
    frozen = fit(Recipe(epochs=2, batch_size=16), freeze_backbone_from=0)
    after = frozen.network.state_dict()
    weights = [name for name in before if "running" not in name and "tracked" not in name]
    unchanged = [name for name in weights if torch.equal(before[name], after[name])]
    assert unchanged == [name for name in weights if name.startswith("backbone")]
    assert (frozen.fit.trained_images, frozen.fit.head_images) == (0, 100)


def test_freezing_later_trains_everything_before() -> None:
    trained = fit(Recipe(epochs=4, batch_size=16), freeze_backbone_from=3)
    assert (trained.fit.trained_images, trained.fit.head_images) == (150, 50)


def test_a_loss_that_is_not_finite_is_named() -> None:
    with pytest.raises(NonFiniteLossError, match="epoch .* of 5; lower the learning rate"):
        fit(Recipe(epochs=5, batch_size=16, lr=1e30))


def test_averaging_changes_the_final_weights_only() -> None:
    plain = fit(Recipe(epochs=3, batch_size=16))
    averaged = fit(Recipe(epochs=3, batch_size=16, average_from=0.5))
    assert averaged.fit.train_loss == plain.fit.train_loss
    weight = "classifier.weight"
    assert not torch.equal(
        averaged.network.state_dict()[weight], plain.network.state_dict()[weight]
    )


@pytest.mark.parametrize("scheme", ["ldam-drw", "cutmix", "balanced-sampling", "seesaw", "gcl"])
def test_schemes_with_special_needs_train(scheme: str) -> None:
    spec = resolve_scheme(scheme)
    if spec.classifier == "cosine":
        torch.manual_seed(0)
    trained = fit(Recipe(epochs=2, batch_size=16, lr=0.01), scheme=scheme)
    assert trained.fit.trained_images == 100
