"""Evaluates networks on validation images between two epochs of their training."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import torch

from imbnas.data.streams import evaluation_batches
from imbnas.training.evaluation import class_correct, features_and_logits
from imbnas.training.fitting import torch_module
from imbnas.training.statistics import restored_statistics

if TYPE_CHECKING:
    from torch import Tensor, nn

    from imbnas.data.image_sets import Images
    from imbnas.training.setup import Setup


def validated(training: "Setup", images: "Images") -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Count correct answers of a network as it is: neither averaged nor corrected.

    Weights, batch statistics, modes and torch's global generator are afterwards as before.

    Args:
        training: whose network is in training.
        images: of validation.

    Returns:
        K counts of correct answers and K counts of images.
    """
    module = torch_module(training.trainer.network)
    devices = [images.device] if images.device.type == "cuda" else []
    with (
        torch.random.fork_rng(devices=devices),
        restored_statistics(module),
        _evaluation_mode(module),
    ):
        batches = evaluation_batches(images, training.trainer.recipe.evaluation_batch_size)
        return class_correct(partial(_logits, training), batches, images.num_classes)


def _logits(training: "Setup", images: "Tensor") -> "Tensor":
    return features_and_logits(training, images)[1]


@contextmanager
def _evaluation_mode(module: "nn.Module") -> Iterator[None]:
    """Put every part's mode back when the block ends."""
    held = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in held:
            part.training = training
