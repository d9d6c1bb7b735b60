"""Executes ``train`` units."""

from typing import TYPE_CHECKING

import torch

from imbnas.data.streams import evaluation_batches, open_stream
from imbnas.execution.latency import seconds_per_image
from imbnas.execution.network import build_network, network_shape
from imbnas.execution.outcome import Outcome
from imbnas.schemes.training_scheme import build_scheme
from imbnas.training.evaluation import class_correct
from imbnas.training.fitting import Fitting, as_module
from imbnas.training.prediction import fit_predictor
from imbnas.training.settling import settle
from imbnas.units.randomness import derive_seed
from imbnas.units.records import TrainMetrics

if TYPE_CHECKING:
    from imbnas.execution.shelf import Shelf
    from imbnas.training.checkpoints import Checkpoints
    from imbnas.units.work import TrainUnit


def stream_seed(unit: "TrainUnit") -> int:
    """Seed of a training: from architecture, condition, scheme and replicate, nothing else."""
    return derive_seed(
        "train", unit.model.label, unit.data.condition, unit.scheme.name, unit.replicate
    )


def train(unit: "TrainUnit", shelf: "Shelf", checkpoints: "Checkpoints") -> Outcome:
    """Train a network from scratch and read the test split once, at the last epoch."""
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
    module = as_module(network).to(shelf.device).to(memory_format=torch.channels_last)
    fitting = Fitting(
        network=network,
        stream=open_stream(
            images.train, recipe.batch_size, recipe.augmentation, _generator(seed, "batches")
        ),
        scheme=scheme.to(shelf.device),
        recipe=recipe,
        class_counts=counts,
        mixing_generator=_generator(seed, "mixing"),
        precision=unit.precision,
        checkpoint=checkpoints.open(),
    )
    fit = fitting.run()
    forwards = settle(module, recipe, images.train)
    predict = fit_predictor(
        network,
        scheme,
        evaluation_batches(images.train, recipe.evaluation_batch_size),
        derive_seed(seed, "post-hoc"),
    )
    if unit.scheme.posthoc is not None:
        forwards += len(images.train)
    test_batches = evaluation_batches(images.test, recipe.evaluation_batch_size)
    correct, total = class_correct(predict, test_batches, shape.num_classes)
    forwards += len(images.test)
    return Outcome(
        TrainMetrics(
            class_correct=correct,
            class_total=total,
            params=built.counts.params,
            macs=built.counts.macs,
            train_loss=fit.train_loss,
        ),
        images_seen=fit.trained_images + forwards,
        macs=built.counts.macs * (3 * fit.trained_images + forwards),
        train_images_per_second=fit.trained_images / fit.seconds,
        latency=seconds_per_image(predict, shape.in_channels, shape.resolution, shelf.device),
    )


def _generator(seed: int, purpose: str) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed(seed, purpose))
