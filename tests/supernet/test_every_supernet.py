"""What holds for the supernet of every space."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from imbnas.data.image_sets import ImageSet
from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.registry import SUPERNETS
from imbnas.supernet.scoring import Scorer
from imbnas.supernet.supernet import Supernet
from imbnas.units.recipes import Recipe
from imbnas.units.stem import Stem

SPACES = ["nats-tss", "nats-sss", "darts"]
SHAPE = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)
SHAPES = [
    SHAPE,
    NetworkShape(3, 2, 9, 3, 7),
    NetworkShape(3, 1, 16, 3, 7, Stem(kernel=3, stride=2)),
    NetworkShape(3, 1, 16, 3, 7, Stem(kernel=4, stride=4)),
]
RECIPE = Recipe(epochs=1, steps_per_epoch=2, batch_size=32, lr=0.05, width=4, depth=1)
Trainers = Callable[[str], PathTrainer]


def make_supernet(space: str, shape: NetworkShape = SHAPE) -> Supernet:
    torch.manual_seed(0)
    return SUPERNETS.get(space)(shape)


def state(supernet: Supernet) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in supernet.state_dict().items()}


def test_every_built_in_space_has_a_supernet() -> None:
    assert set(SUPERNETS.names()) == set(SPACES)


@pytest.mark.parametrize("space", SPACES)
def test_computing_without_a_choice_is_an_error(space: str) -> None:
    with pytest.raises(RuntimeError, match="choose an architecture"):
        make_supernet(space)(torch.zeros(2, 1, 8, 8))


@pytest.mark.parametrize("space", ["nats-sss", "darts"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_path_costs_what_its_stand_alone_network_does(space: str, shape: NetworkShape) -> None:
    supernet = make_supernet(space, shape).eval()
    side = shape.resolution
    for architecture in get_space(space).sample(3, seed=1):
        network = get_space(space).build(architecture, shape)
        classifier = (network.num_features + 1) * shape.num_classes
        supernet.choose(architecture)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            features = supernet.forward_features(torch.zeros(1, shape.in_channels, side, side))
        assert features.shape == (1, supernet.num_features)
        macs = get_space(space).counts(architecture, shape).macs
        assert counter.get_total_flops() == 2 * (macs - classifier)


@pytest.mark.parametrize("space", SPACES)
def test_a_score_does_not_depend_on_what_was_scored_before(
    space: str, few_digits: tuple[ImageSet, ImageSet], make_trainer: Trainers
) -> None:
    supernet = make_supernet(space)
    make_trainer(space).train(supernet, resolve_scheme("ce"), RECIPE)
    before = state(supernet)
    first, second = get_space(space).sample(2, seed=4)
    for calibration in (few_digits[0], None):
        scorer = Scorer(supernet, calibration, few_digits[1], batch_size=64)
        scores = [scorer.score(architecture) for architecture in (first, second, first)]
        assert scores[0] == scores[2]
        assert all(0 <= score <= 1 for score in scores)
    assert all(torch.equal(value, before[name]) for name, value in supernet.state_dict().items())


@pytest.mark.parametrize("space", SPACES)
def test_a_frozen_backbone_stays_bit_identical_with_its_statistics(
    space: str, make_trainer: Trainers
) -> None:
    supernet = make_supernet(space)
    trainer = make_trainer(space)
    trainer.train(supernet, resolve_scheme("ce"), RECIPE)
    before = state(supernet)
    trainer.train(supernet, resolve_scheme("cb-ce"), RECIPE, freeze_backbone_from=0)
    changed = {n for n, value in supernet.state_dict().items() if not torch.equal(value, before[n])}
    assert changed == {"classifier.weight", "classifier.bias"}


@pytest.mark.parametrize("space", SPACES)
def test_training_leaves_running_statistics_alone(space: str, make_trainer: Trainers) -> None:
    supernet = make_supernet(space)
    make_trainer(space).train(supernet, resolve_scheme("ce"), RECIPE)
    for name, value in supernet.named_buffers():
        untouched = 1 if name.endswith("running_var") else 0
        assert torch.all(value == untouched), name


@pytest.mark.parametrize("space", SPACES)
def test_a_trained_supernet_scores_above_chance(
    space: str, few_digits: tuple[ImageSet, ImageSet], make_trainer: Trainers
) -> None:
    supernet = make_supernet(space)
    recipe = RECIPE.model_copy(update={"epochs": 4, "steps_per_epoch": 30, "lr": 0.1})
    make_trainer(space).train(supernet, resolve_scheme("ce"), recipe)
    scorer = Scorer(supernet, *few_digits, batch_size=100)
    rng = np.random.default_rng(0)
    scores = [scorer.score(get_space(space).random(rng)) for _ in range(4)]
    assert np.mean(scores) > 0.14
