"""Executes ``train`` units."""

from dataclasses import dataclass, replace

import torch

from imbnas.execution.data_pool import ConditionImages, DataPool
from imbnas.execution.latency import seconds_per_image
from imbnas.execution.network import build_network
from imbnas.execution.outcome import Outcome
from imbnas.spaces import Counts, NetworkShape
from imbnas.spaces.network_shape import network_shape
from imbnas.training.checkpoints import Checkpoints
from imbnas.training.evaluation import evaluate
from imbnas.training.fitting import Fit
from imbnas.training.setup import Setup, set_up
from imbnas.units.randomness import derive_seed
from imbnas.units.records import TrainMetrics
from imbnas.units.unit import TrainUnit


def stream_seed(unit: TrainUnit) -> int:
    """Seed of a training: from architecture, condition, scheme and replicate, nothing else."""
    return derive_seed(
        "train", unit.model.label, unit.data.condition, unit.scheme.name, unit.replicate
    )


@dataclass(frozen=True)
class UnitSetup:
    """A unit before its first step.

    Attributes:
        unit: the training.
        images: of its condition.
        shape: of the network.
        counts: of the network.
        training: the network and everything that its training takes.
    """

    unit: TrainUnit
    images: ConditionImages
    shape: NetworkShape
    counts: Counts
    training: Setup


def set_up_unit(unit: TrainUnit, pool: DataPool) -> UnitSetup:
    """Draw a network's first weights and open its stream of batches."""
    recipe, seed = unit.recipe, stream_seed(unit)
    images = pool.images(unit.data, recipe.resolution)
    shape = network_shape(images.dataset, recipe)
    torch.manual_seed(derive_seed(seed, "weights"))
    network, counts = build_network(unit.model, shape, pool.locations)
    training = set_up(
        network,
        images.train,
        images.manifest.class_counts,
        unit.scheme,
        recipe,
        seed,
        unit.precision,
    )
    return UnitSetup(unit, images, shape, counts, training)


def train(unit: TrainUnit, pool: DataPool, checkpoints: Checkpoints) -> Outcome:
    """Train a network from scratch and read the test split once, at the last epoch."""
    ready = set_up_unit(unit, pool)
    fit = fit_alone(ready, checkpoints)
    return outcome(ready, fit, fit.train_loss, pool.device)


def fit_alone(ready: UnitSetup, checkpoints: Checkpoints) -> Fit:
    """Train one network."""
    compiled, checkpoint = ready.unit.compiled, checkpoints.open()
    return replace(ready.training.trainer, compiled=compiled, checkpoint=checkpoint).run()


def outcome(ready: UnitSetup, fit: Fit, train_loss: float, device: torch.device) -> Outcome:
    """Evaluate a trained network on the test split.

    Args:
        ready: whose network was trained.
        fit: the training; its seconds are those of this network alone.
        train_loss: of this network.
        device: where it is.
    """
    counts, shape = ready.counts, ready.shape
    evaluation = evaluate(ready.training, ready.images.test)
    return Outcome(
        TrainMetrics(
            class_correct=evaluation.correct,
            class_total=evaluation.total,
            params=counts.params,
            macs=counts.macs,
            train_loss=train_loss,
        ),
        images_seen=fit.trained_images + evaluation.images_seen,
        macs=counts.macs * (3 * fit.trained_images + evaluation.images_seen),
        train_images_per_second=fit.trained_images / fit.seconds,
        latency=seconds_per_image(evaluation.predict, shape.in_channels, shape.resolution, device),
    )
