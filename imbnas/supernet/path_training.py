"""Trains supernets by single paths: uniform (SPOS, arXiv:1904.00420) or fair (FairNAS)."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from imbnas.data.streams import open_stream
from imbnas.schemes.training_scheme import build_scheme
from imbnas.supernet.path_sampling import PathSampler
from imbnas.training.checkpoints import NothingKept
from imbnas.training.fitting import Fit, Trainer
from imbnas.training.precision import forward_passes
from imbnas.training.statistics import batch_statistics
from imbnas.units.randomness import derive_seed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from imbnas.data.image_sets import FileSet, ImageSet
    from imbnas.spaces.space import NetworkShape, Space
    from imbnas.supernet.supernet import Supernet
    from imbnas.training.checkpoints import Checkpoints
    from imbnas.units.recipes import Recipe
    from imbnas.units.schemes import SchemeSpec
    from imbnas.units.unit import Precision


@dataclass
class Spending:
    """What was spent so far.

    Attributes:
        images_seen: images through a network.
        macs: multiply-accumulates; a training step counts three forward passes, a step through
            a frozen backbone one.
    """

    images_seen: int = 0
    macs: int = 0


@dataclass(frozen=True)
class _Chance:
    """What of a path trainer changes as it trains; a ``Companion`` of the training."""

    paths: np.random.Generator
    spending: Spending

    def state_dict(self) -> dict[str, Any]:
        return {"paths": self.paths.bit_generator.state, "spending": vars(self.spending)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.paths.bit_generator.state = state["paths"]
        vars(self.spending).update(state["spending"])


@dataclass
class PathTrainer:
    """Trains supernets of one space on one condition's training images.

    A step takes one path, drawn uniformly over unique live structures, or, where the recipe says
    ``fair``, the paths of one ``FairSpace.fair_paths`` on the same batch (arXiv:1907.01845): their
    gradients add up. All cells share a path.

    Attributes:
        space: gives paths and their cost.
        shape: of the supernet.
        images: training images.
        class_counts: of the training images.
        seed: every source of chance of this trainer derives from it.
        precision: of forward passes.
        spending: counted as training goes on.
        checkpoints: where trainings keep their state meanwhile.
    """

    space: "Space"
    shape: "NetworkShape"
    images: "ImageSet | FileSet"
    class_counts: "Sequence[int]"
    seed: int
    precision: "Precision" = "float32"
    spending: Spending = field(default_factory=Spending)
    checkpoints: "Checkpoints" = field(default_factory=NothingKept)

    def train(
        self,
        supernet: "Supernet",
        scheme: "SchemeSpec",
        recipe: "Recipe",
        freeze_backbone_from: int | None = None,
        keep_statistics: bool = True,
    ) -> Fit:
        """Train a supernet in place.

        Args:
            supernet: its classifier is replaced where the scheme wants another kind.
            scheme: of the training.
            recipe: of the training.
            freeze_backbone_from: 0-based epoch from which the backbone is left bit-unchanged
                and only the classifier is trained.
            keep_statistics: leave running batch statistics as they are, too. Batches are
                normalised by their own statistics either way.

        Raises:
            InputError: the recipe samples fairly and the space has no fixed operations.
        """
        active = build_scheme(scheme, self.class_counts, recipe.epochs, seed=self._seed("scheme"))
        classifier = active.make_classifier(supernet.num_features, self.shape.num_classes)
        if classifier is not None:
            supernet.classifier = classifier
        sampler = PathSampler(
            self.space, recipe.path_sampling, np.random.default_rng(self._seed("paths"))
        )

        def choose_path(epoch: int, images: int) -> None:
            architecture = sampler.draw()
            supernet.choose(architecture)
            frozen = freeze_backbone_from is not None and epoch >= freeze_backbone_from
            macs = self.space.counts(architecture, self.shape).macs
            self.spending.images_seen += images
            self.spending.macs += (1 if frozen else 3) * macs * images

        fitting = Trainer(
            network=supernet,
            stream=open_stream(
                self.images, recipe.batch_size, recipe.augmentation, self._generator("batches")
            ),
            scheme=active,
            recipe=recipe,
            class_counts=self.class_counts,
            mixing_generator=self._generator("mixing"),
            before_pass=choose_path,
            passes=sampler.paths_per_step,
            used_parts=supernet.used_parts,
            freeze_backbone_from=freeze_backbone_from,
            precision=self.precision,
            checkpoint=self.checkpoints.open(),
            companion=_Chance(sampler.rng, self.spending),
        )
        # Running statistics of a mixture of paths mean nothing; scoring estimates its own.
        with batch_statistics(supernet) if keep_statistics else nullcontext():
            return fitting.run()

    def forward_passes(self) -> "AbstractContextManager[object]":
        """Compute forward passes within the block in the run's precision."""
        return forward_passes(self.precision, self.images.device)

    def _seed(self, purpose: str) -> int:
        return derive_seed(self.seed, purpose)

    def _generator(self, purpose: str) -> torch.Generator:
        return torch.Generator().manual_seed(self._seed(purpose))
