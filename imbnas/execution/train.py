"""Executes ``train`` units."""

from dataclasses import dataclass, replace

import torch

from imbnas.execution.latency import seconds_per_image
from imbnas.execution.network import build_network
from imbnas.execution.outcome import Outcome, Untested
from imbnas.execution.sources import DataSource, UnitImages
from imbnas.spaces import Counts, NetworkShape
from imbnas.spaces.network_shape import network_shape
from imbnas.training.checkpoints import Checkpoints
from imbnas.training.counting import finishing_passes
from imbnas.training.evaluation import finished_predictor
from imbnas.training.fitting import Fit
from imbnas.training.setup import Setup, set_up
from imbnas.training.step_graphs import CudaGraphs, Recorder
from imbnas.training.validation import validated
from imbnas.units.randomness import derive_seed
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
    images: UnitImages
    shape: NetworkShape
    counts: Counts
    training: Setup


def set_up_unit(unit: TrainUnit, pool: DataSource) -> UnitSetup:
    """Draw a network's first weights and open its stream of batches."""
    recipe, seed = unit.recipe, stream_seed(unit)
    images = pool.images(unit.data, recipe.resolution, recipe.channel_statistics)
    shape = network_shape(images.dataset, recipe)
    torch.manual_seed(derive_seed(seed, "weights"))
    network, counts = build_network(unit.model, shape, pool.locations)
    training = set_up(
        network,
        images.train,
        images.class_counts,
        unit.scheme,
        recipe,
        seed,
        unit.precision,
    )
    return UnitSetup(unit, images, shape, counts, training)


def train(unit: TrainUnit, pool: DataSource, checkpoints: Checkpoints) -> Outcome:
    """Train a network from scratch and read the test split once, after the last epoch."""
    return trained(unit, pool, checkpoints)[1]


def trained(
    unit: TrainUnit, pool: DataSource, checkpoints: Checkpoints
) -> tuple[UnitSetup, Outcome]:
    """As ``train``; give the trained network, too."""
    ready = set_up_unit(unit, pool)
    fit = fit_alone(ready, checkpoints)
    return ready, outcome(ready, fit, 0, pool.device)


def recorder_of(ready: UnitSetup) -> Recorder | None:
    """What records the steps of a unit, if anything does."""
    return CudaGraphs(ready.training.images.device) if ready.unit.cuda_graphs else None


def fit_alone(ready: UnitSetup, checkpoints: Checkpoints) -> Fit:
    """Train one network."""
    trainer = replace(
        ready.training.trainer,
        compiled=ready.unit.compiled,
        recorder=recorder_of(ready),
        checkpoint=checkpoints.open(),
        validate=lambda: [validated(ready.training, ready.images.validation)],
    )
    return trainer.run()


def outcome(ready: UnitSetup, fit: Fit, place: int, device: torch.device) -> Outcome:
    """Evaluate a trained network on the test split.

    Args:
        ready: whose network was trained.
        fit: the training; its seconds are those of this network alone.
        place: of this network in the training.
        device: where it is.
    """
    counts, shape, training = ready.counts, ready.shape, ready.training
    recipe, known = ready.unit.recipe, len(training.images)
    predict = finished_predictor(training)
    answers = ready.images.examine(predict, recipe.evaluation_batch_size)
    untested = Untested(
        params=counts.params,
        macs=counts.macs,
        train_loss=fit.train_losses[place],
        curve=fit.curves[place] if fit.curves else None,
    )
    passes = finishing_passes(recipe, ready.unit.scheme)
    evaluated = passes * known + ready.images.test_size + fit.validated_images
    return Outcome(
        untested if answers is None else untested.tested(answers),
        images_seen=fit.trained_images + evaluated,
        macs=counts.macs * (3 * fit.trained_images + evaluated),
        train_images_per_second=fit.trained_images / fit.seconds,
        core_seconds=fit.core_seconds,
        latency=seconds_per_image(predict, shape.in_channels, shape.resolution, device),
    )
