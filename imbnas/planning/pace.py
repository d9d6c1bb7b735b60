"""Measures how fast this process trains and evaluates, by a few real steps."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

import numpy as np
import torch

from imbnas.data.manifests import Selection
from imbnas.data.streams import evaluation_batches, open_stream
from imbnas.execution.stack import fit_stack
from imbnas.execution.train import fit_alone, set_up_unit
from imbnas.spaces import get_space
from imbnas.spaces.network_shape import network_shape
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.registry import SUPERNETS
from imbnas.supernet.scoring import Scorer
from imbnas.training.checkpoints import NothingKept
from imbnas.training.evaluation import class_correct
from imbnas.training.fitting import Fit, torch_module
from imbnas.training.forward import forward_passes
from imbnas.units.frozen import FrozenModel
from imbnas.units.unit import SupernetUnit, TrainUnit

if TYPE_CHECKING:
    from imbnas.data.image_sets import Images
    from imbnas.data.streams import Stream
    from imbnas.execution.data_pool import ConditionImages, DataPool
    from imbnas.units.recipes import Recipe

_FIRST_IMAGES = 8
"""Images of the steps that warm a network up and tell how many more can be afforded."""

_STEP_SECONDS = 0.5
_SECONDS = 0.4


class Pace(FrozenModel):
    """How fast one network is.

    Attributes:
        build: seconds to build it.
        train: seconds an image of a training step.
        head: seconds an image of a step that trains the classifier alone.
        evaluate: seconds an image of a forward pass.
    """

    build: float
    train: float
    head: float
    evaluate: float


def measure(unit: TrainUnit | SupernetUnit, shelf: "DataPool") -> Pace:
    """Time a few steps of a unit's own recipe on its own images, in about a second.

    Large networks are timed on smaller batches than the recipe's, and nothing is compiled, which
    would take minutes. torch's global generator is put back.
    """
    devices = [0] if shelf.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        match unit:
            case TrainUnit():
                return _measure_network(unit.model_copy(update={"compiled": False}), shelf)
            case SupernetUnit():
                return _measure_supernet(unit, shelf)
            case _:
                assert_never(unit)


def _measure_network(unit: TrainUnit, shelf: "DataPool") -> Pace:
    start = time.perf_counter()
    first = set_up_unit(unit, shelf)
    build = time.perf_counter() - start
    prepared = [first, *(set_up_unit(unit, shelf) for _ in range(unit.stack - 1))]
    images, module = first.images, torch_module(first.training.trainer.network)

    def train(recipe: "Recipe") -> Fit:
        for one in prepared:
            one.training.trainer.stream = _stream(images, recipe)
        if unit.stack > 1:
            return fit_stack(prepared, recipe, NothingKept())
        return fit_alone(first, recipe, NothingKept())

    def evaluate(count: int) -> None:
        module.eval()
        batches = evaluation_batches(_first(images, count), unit.recipe.evaluation_batch_size)
        with forward_passes(unit.precision, shelf.device):
            class_correct(module, batches, first.shape.num_classes)

    trained = _seconds_per_trained_image(train, unit.recipe, shelf.device) / unit.stack
    return Pace(
        build=build,
        train=trained,
        head=trained,
        evaluate=_seconds_per_image(evaluate, len(images.manifest.train.indices), shelf.device),
    )


def _stream(images: "ConditionImages", recipe: "Recipe") -> "Stream":
    generator = torch.Generator().manual_seed(0)
    return open_stream(images.train, recipe.batch_size, recipe.augmentation, generator)


def _measure_supernet(unit: SupernetUnit, shelf: "DataPool") -> Pace:
    images = shelf.images(unit.data, unit.recipe.resolution)
    shape, space = network_shape(images.dataset, unit.recipe), get_space(unit.space)
    start = time.perf_counter()
    supernet = SUPERNETS.get(unit.space)(shape).to(shelf.device)
    supernet = supernet.to(memory_format=torch.channels_last)
    build = time.perf_counter() - start
    trainer = PathTrainer(
        space=space,
        shape=shape,
        images=images.train,
        class_counts=images.manifest.class_counts,
        seed=0,
        precision=unit.precision,
    )
    rng = np.random.default_rng(0)

    def train(recipe: "Recipe") -> Fit:
        return trainer.train(supernet, unit.scheme, recipe)

    def train_head(recipe: "Recipe") -> Fit:
        return trainer.train(supernet, unit.scheme, recipe, freeze_backbone_from=0)

    def score(count: int) -> None:
        part = _first(images, max(count // 2, 2))
        size = unit.recipe.evaluation_batch_size
        scorer = Scorer(supernet, part, part, size, precision=unit.precision)
        scorer.score(space.random(rng))

    return Pace(
        build=build,
        train=_seconds_per_trained_image(train, unit.recipe, shelf.device),
        head=_seconds_per_trained_image(train_head, unit.recipe, shelf.device),
        evaluate=_seconds_per_image(score, len(images.manifest.train.indices), shelf.device),
    )


def _seconds_per_trained_image(
    train: Callable[["Recipe"], Fit], recipe: "Recipe", device: torch.device
) -> float:
    def more(batch: int, steps: int) -> float:
        """Seconds an image of further steps, without what a training takes before its first.

        Where paths share a step, each image of it is trained on more than once.
        """
        fits: list[Fit] = []
        one = min(_timed(lambda: train(_short(recipe, batch, 1)), device) for _ in range(2))
        longer = _timed(lambda: fits.append(train(_short(recipe, batch, 1 + steps))), device)
        images = (fits[0].trained_images + fits[0].head_images) * steps / (1 + steps)
        return max(longer - one, 1e-9) / images

    few = min(recipe.batch_size, _FIRST_IMAGES)
    train(_short(recipe, few, 1))
    batch = min(recipe.batch_size, max(few, int(_STEP_SECONDS / more(few, 1))))
    # Small networks take hardly longer for a whole batch than for a few images.
    steps = min(max(int(_SECONDS / (batch * more(batch, 1))), 1), 50)
    return more(batch, steps)


def _seconds_per_image(
    evaluate: Callable[[int], None], available: int, device: torch.device
) -> float:
    few = min(available, _FIRST_IMAGES)
    _timed(lambda: evaluate(few), device)
    guess = _timed(lambda: evaluate(few), device) / few
    count = min(available, max(few, int(_STEP_SECONDS / guess)))
    return _timed(lambda: evaluate(count), device) / count


def _short(recipe: "Recipe", batch: int, steps: int) -> "Recipe":
    return recipe.model_copy(
        update={
            "epochs": 1,
            "steps_per_epoch": steps,
            "batch_size": max(batch, 2),
            "schedule": "constant",
            "milestones": (),
            "warmup_epochs": 0,
            "average_from": None,
            # Untrained networks at full rate may blow up, and a loss that is not finite stops.
            "lr": recipe.lr * 1e-3,
        }
    )


def _first(images: "ConditionImages", count: int) -> "Images":
    chosen = images.manifest.train
    return images.select(Selection(split=chosen.split, indices=chosen.indices[:count]))


def _timed(work: Callable[[], object], device: torch.device) -> float:
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return max(time.perf_counter() - start, 1e-9)
