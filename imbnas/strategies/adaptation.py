"""What a strategy is given: source supernet, target training images, a trainer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imbnas.units.schemes import SchemeSpec

if TYPE_CHECKING:
    from imbnas.data.image_sets import Images
    from imbnas.supernet.path_training import PathTrainer
    from imbnas.supernet.supernet import Supernet
    from imbnas.units.recipes import Recipe


@dataclass(frozen=True)
class Adaptation:
    """Everything a strategy may use.

    Attributes:
        supernet: a copy of the source supernet, free to be changed.
        fresh_supernet: builds an untrained supernet of the same shape.
        train_images: training images of the target; validation and test images are out of reach.
        class_counts: training images of each class of the target.
        scheme: the target's scheme.
        recipe: the recipe that the strategy declared.
        trainer: trains supernets on ``train_images`` with the sampled paths' cost counted.
    """

    supernet: "Supernet"
    fresh_supernet: Callable[[], "Supernet"]
    train_images: "Images"
    class_counts: tuple[int, ...]
    scheme: SchemeSpec
    recipe: "Recipe"
    trainer: "PathTrainer"

    def with_new_classifier(self) -> "Supernet":
        """The source supernet with an untrained classifier for the target, changed in place."""
        self.supernet.classifier = self.fresh_supernet().classifier
        return self.supernet
