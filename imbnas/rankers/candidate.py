"""What a ranker is given: a fresh network, images and the training to predict."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from imbnas.data import class_probabilities, open_stream
from imbnas.data.image_sets import Images
from imbnas.schemes.training_scheme import TrainingScheme, build_scheme
from imbnas.spaces.space import Counts, NetworkShape
from imbnas.training.checkpoints import Checkpoint, NothingKept
from imbnas.training.forward import forward_passes
from imbnas.units.networks import ImageClassifier
from imbnas.units.randomness import derive_seed
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import Precision

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Score:
    """What a ranker says of an architecture, and what that took.

    Attributes:
        value: higher is better; not finite where the ranker has no answer.
        images_seen: images through the network.
        macs: multiply-accumulates; a backward pass counts as two forward passes.
    """

    value: float
    images_seen: int
    macs: int


@dataclass(frozen=True, eq=False)
class Task:
    """The training whose outcome is predicted; all candidates of a ranking share it.

    Attributes:
        train_images: training images of the condition.
        validation_images: validation images of the condition; test images are out of reach.
        class_counts: training images of each class.
        scheme: with which the networks are trained.
        recipe: by which the networks are trained.
        seed: of the batches, which are the same for all candidates.
        precision: of forward passes.
    """

    train_images: Images
    validation_images: Images
    class_counts: tuple[int, ...]
    scheme: SchemeSpec
    recipe: Recipe
    seed: int
    precision: Precision = "float32"
    _batches: dict[tuple[int, bool], Batch] = field(default_factory=dict, repr=False)

    def first_batch(self, size: int) -> Batch:
        """A batch as the training draws it in its first epoch, sampler and augmentation included.

        Args:
            size: images wanted; there are no more than training images.

        Returns:
            Images (B, C, H, W) and labels (B,).
        """
        return self._batch(size, by_class=True)

    def distinct_images(self, size: int) -> Tensor:
        """(B, C, H, W) different training images, drawn uniformly and augmented.

        Args:
            size: images wanted; there are no more than training images.
        """
        return self._batch(size, by_class=False)[0]

    def begun_scheme(self) -> TrainingScheme:
        """The scheme as it is in the first epoch; what it defers is not in force yet."""
        seed = derive_seed(self.seed, "scheme")
        scheme = build_scheme(self.scheme, self.class_counts, self.recipe.epochs, seed=seed)
        scheme.set_epoch(0)
        return scheme.to(self.train_images.device)

    def generator(self, purpose: str) -> torch.Generator:
        """A random generator that depends on the task and the purpose alone."""
        return torch.Generator().manual_seed(derive_seed(self.seed, purpose))

    def forward_passes(self) -> AbstractContextManager[object]:
        """Compute forward passes within the block in the run's precision."""
        return forward_passes(self.precision, self.train_images.device)

    def _batch(self, size: int, *, by_class: bool) -> Batch:
        if (size, by_class) not in self._batches:
            scheme = self.begun_scheme()
            sampler = scheme.sampler_at(0) if by_class else "instance"
            drawn = class_probabilities(sampler, self.class_counts, scheme.progress_at(0))
            stream = open_stream(
                self.train_images,
                min(size, len(self.train_images)),
                self.recipe.augmentation,
                self.generator("batch"),
            )
            self._batches[size, by_class] = next(iter(stream.epoch(1, drawn)))
        return self._batches[size, by_class]


@dataclass(frozen=True, eq=False)
class Candidate:
    """An architecture to be scored.

    Attributes:
        network: freshly initialised, with the scheme's classifier, in training mode; only this
            candidate uses it.
        counts: parameters and multiply-accumulates of one image.
        shape: of the images and the network.
        seed: of everything random but weights and batches.
        task: the training whose outcome is predicted.
        checkpoint: keeps the state of a training by which the score is found; scores that are
            found are kept without it.
    """

    network: ImageClassifier
    counts: Counts
    shape: NetworkShape
    seed: int
    task: Task
    checkpoint: Checkpoint = field(default_factory=NothingKept, repr=False)

    def scored(self, value: float, *, forward: int = 0, backward: int = 0) -> Score:
        """Put a value together with its cost.

        Args:
            value: higher is better.
            forward: images through forward passes alone.
            backward: images through forward and backward passes, which count three forward ones.
        """
        return Score(value, forward + backward, (forward + 3 * backward) * self.counts.macs)
