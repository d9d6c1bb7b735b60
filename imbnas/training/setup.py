"""Puts together what a training needs before its first step, in one order of random draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from imbnas.data.image_sets import Images
from imbnas.data.streams import Stream, open_stream
from imbnas.schemes.training_scheme import TrainingScheme, build_scheme
from imbnas.training.fitting import Trainer, torch_module
from imbnas.units.networks import ImageClassifier
from imbnas.units.randomness import derive_seed
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import Precision


@dataclass(frozen=True)
class Setup:
    """A network with everything that trains it, and what its evaluation takes beyond that.

    Attributes:
        trainer: trains the network, from the first step.
        scheme: the trainer's.
        images: training images; the network is on their device.
        seed: every random draw of training and evaluation derives from it.
    """

    trainer: Trainer
    scheme: TrainingScheme
    images: Images
    seed: int


def set_up(
    network: ImageClassifier,
    images: Images,
    class_counts: Sequence[int],
    scheme: SchemeSpec,
    recipe: Recipe,
    seed: int,
    precision: Precision = "float32",
    *,
    stream: Stream | None = None,
    keep_classifier: bool = False,
) -> Setup:
    """Build the scheme, give the network its classifier, open the stream of batches.

    Only a new classifier draws from torch's global generator.

    Args:
        network: moved to the device of the images; its classifier is replaced where the scheme
            wants another kind.
        images: training images.
        class_counts: training images of each class.
        scheme: of the training.
        recipe: of the training.
        seed: of the scheme, the batches and the mixing.
        precision: of forward passes.
        stream: training batches, where they are not those of the images.
        keep_classifier: whether the network has the scheme's classifier already.
    """
    active = build_scheme(scheme, class_counts, recipe.epochs, seed=derive_seed(seed, "scheme"))
    if not keep_classifier:
        replace_classifier(network, active, images.num_classes)
    to_device(network, images.device)
    batches = stream or open_stream(
        images, recipe.batch_size, recipe.augmentation, _generator(seed, "batches")
    )
    trainer = Trainer(
        network=network,
        stream=batches,
        scheme=active.to(images.device),
        recipe=recipe,
        class_counts=class_counts,
        mixing_generator=_generator(seed, "mixing"),
        precision=precision,
    )
    return Setup(trainer, active, images, seed)


def replace_classifier(network: ImageClassifier, scheme: TrainingScheme, num_classes: int) -> None:
    """Give a network a new classifier where a scheme wants another kind than its own."""
    classifier = scheme.make_classifier(network.num_features, num_classes)
    if classifier is not None:
        network.classifier = classifier


def to_device(network: ImageClassifier, device: torch.device) -> nn.Module:
    """Move a network and lay its weights out for training.

    Small convolutions are about a quarter faster with channels last, on a CPU too.
    """
    return torch_module(network).to(device).to(memory_format=torch.channels_last)


def _generator(seed: int, purpose: str) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed(seed, purpose))
