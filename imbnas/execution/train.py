"""Executes ``train`` units."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from imbnas.data.streams import evaluation_batches, open_stream
from imbnas.execution.latency import seconds_per_image
from imbnas.execution.network import build_network, network_shape
from imbnas.execution.outcome import Outcome
from imbnas.schemes.training_scheme import build_scheme
from imbnas.training.counting import finishing_passes
from imbnas.training.evaluation import class_correct
from imbnas.training.finishing import settle
from imbnas.training.fitting import Fitting, as_module
from imbnas.training.prediction import fit_predictor
from imbnas.units.randomness import derive_seed
from imbnas.units.records import TrainMetrics

if TYPE_CHECKING:
    from imbnas.data.streams import Stream
    from imbnas.execution.data_pool import ConditionImages, Shelf
    from imbnas.execution.network import BuiltNetwork
    from imbnas.schemes.training_scheme import TrainingScheme
    from imbnas.spaces import NetworkShape
    from imbnas.training.checkpoints import Checkpoints
    from imbnas.training.fitting import Fit
    from imbnas.units.recipes import Recipe
    from imbnas.units.unit import TrainUnit


def stream_seed(unit: "TrainUnit") -> int:
    """Seed of a training: from architecture, condition, scheme and replicate, nothing else."""
    return derive_seed(
        "train", unit.model.label, unit.data.condition, unit.scheme.name, unit.replicate
    )


@dataclass(frozen=True)
class Prepared:
    """A network and all that its training takes, before the first step.

    Attributes:
        unit: the training.
        images: of its condition.
        shape: of the network.
        built: the network and its counts.
        scheme: at work.
        stream: of training batches.
        mixing_generator: source of chance of the scheme's mixing.
    """

    unit: "TrainUnit"
    images: "ConditionImages"
    shape: "NetworkShape"
    built: "BuiltNetwork"
    scheme: "TrainingScheme"
    stream: "Stream"
    mixing_generator: torch.Generator


def prepare(unit: "TrainUnit", shelf: "Shelf") -> Prepared:
    """Draw a network's first weights and open its stream of batches."""
    recipe, seed = unit.recipe, stream_seed(unit)
    images = shelf.images(unit.data, recipe.resolution)
    shape = network_shape(images.dataset, recipe)
    torch.manual_seed(derive_seed(seed, "weights"))
    built = build_network(unit.model, shape, shelf.locations)
    counts = images.manifest.class_counts
    scheme = build_scheme(unit.scheme, counts, recipe.epochs, seed=derive_seed(seed, "scheme"))
    network = built.network
    classifier = scheme.make_classifier(network.num_features, shape.num_classes)
    if classifier is not None:
        network.classifier = classifier
    # Small convolutions are about a quarter faster with channels last, on a CPU too.
    as_module(network).to(shelf.device).to(memory_format=torch.channels_last)
    stream = open_stream(
        images.train, recipe.batch_size, recipe.augmentation, _generator(seed, "batches")
    )
    return Prepared(
        unit, images, shape, built, scheme.to(shelf.device), stream, _generator(seed, "mixing")
    )


def train(unit: "TrainUnit", shelf: "Shelf", checkpoints: "Checkpoints") -> Outcome:
    """Train a network from scratch and read the test split once, at the last epoch."""
    prepared = prepare(unit, shelf)
    fit = fit_alone(prepared, unit.recipe, checkpoints)
    return judge(prepared, fit, fit.train_loss, shelf.device)


def fit_alone(prepared: Prepared, recipe: "Recipe", checkpoints: "Checkpoints") -> "Fit":
    """Train one network."""
    return Fitting(
        network=prepared.built.network,
        stream=prepared.stream,
        scheme=prepared.scheme,
        recipe=recipe,
        class_counts=prepared.images.manifest.class_counts,
        mixing_generator=prepared.mixing_generator,
        precision=prepared.unit.precision,
        compiled=prepared.unit.compiled,
        checkpoint=checkpoints.open(),
    ).run()


def judge(prepared: Prepared, fit: "Fit", train_loss: float, device: torch.device) -> Outcome:
    """Evaluate a trained network on the test split.

    Args:
        prepared: whose network was trained.
        fit: the training; its seconds are those of this network alone.
        train_loss: of this network.
        device: where it is.
    """
    unit, images, network = prepared.unit, prepared.images, prepared.built.network
    recipe, counts, shape = unit.recipe, prepared.built.counts, prepared.shape
    settle(as_module(network), recipe, images.train, unit.precision)
    predict = fit_predictor(
        network,
        prepared.scheme,
        evaluation_batches(images.train, recipe.evaluation_batch_size),
        derive_seed(stream_seed(unit), "post-hoc"),
        unit.precision,
    )
    test_batches = evaluation_batches(images.test, recipe.evaluation_batch_size)
    correct, total = class_correct(predict, test_batches, shape.num_classes)
    forwards = finishing_passes(recipe, unit.scheme) * len(images.train) + len(images.test)
    return Outcome(
        TrainMetrics(
            class_correct=correct,
            class_total=total,
            params=counts.params,
            macs=counts.macs,
            train_loss=train_loss,
        ),
        images_seen=fit.trained_images + forwards,
        macs=counts.macs * (3 * fit.trained_images + forwards),
        train_images_per_second=fit.trained_images / fit.seconds,
        latency=seconds_per_image(predict, shape.in_channels, shape.resolution, device),
    )


def _generator(seed: int, purpose: str) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed(seed, purpose))
