"""From the last training step to a network that can be evaluated."""

from typing import TYPE_CHECKING

from imbnas.data.streams import evaluation_batches
from imbnas.training.precision import forward_passes
from imbnas.training.statistics import estimate_statistics

if TYPE_CHECKING:
    from torch import nn

    from imbnas.data.image_sets import FileSet, ImageSet
    from imbnas.units.recipes import Recipe
    from imbnas.units.unit import Precision


def settle(
    network: "nn.Module",
    recipe: "Recipe",
    images: "ImageSet | FileSet",
    precision: "Precision",
) -> int:
    """Put a trained network into evaluation mode; return how many images that took.

    Args:
        network: after its last step.
        recipe: by which it was trained.
        images: its training images.
        precision: of forward passes.
    """
    network.eval()
    if recipe.average_from is None:
        return 0
    # Averaged weights have no running statistics of their own.
    batches = evaluation_batches(images, recipe.evaluation_batch_size)
    with forward_passes(precision, images.device):
        estimate_statistics(network, (batch for batch, _ in batches))
    return len(images)
