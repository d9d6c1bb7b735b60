"""Trains supernets by single paths: uniform (SPOS, arXiv:1904.00420) or fair (FairNAS)."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from imbnas.data.image_sets import Images
from imbnas.spaces.space import NetworkShape, Space
from imbnas.supernet.path_sampling import PathSampler, paths_per_step
from imbnas.supernet.supernet import Supernet
from imbnas.training.checkpoints import Checkpoints, NothingKept
from imbnas.training.fitting import Fit
from imbnas.training.forward import forward_passes
from imbnas.training.setup import set_up
from imbnas.training.statistics import batch_statistics
from imbnas.units.randomness import derive_seed
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
class _PathState:
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
        seed: every random draw of this trainer derives from it.
        precision: of forward passes.
        spending: counted as training goes on.
        checkpoints: where trainings keep their state until they end.
    """

    space: Space
    shape: NetworkShape
    images: Images
    class_counts: Sequence[int]
    seed: int
    precision: Precision = "float32"
    spending: Spending = field(default_factory=Spending)
    checkpoints: Checkpoints = field(default_factory=NothingKept)

    def train(
        self,
        supernet: Supernet,
        scheme: SchemeSpec,
        recipe: Recipe,
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
        setup = set_up(
            supernet, self.images, self.class_counts, scheme, recipe, self.seed, self.precision
        )
        sampler = PathSampler(
            self.space, recipe.path_sampling, np.random.default_rng(derive_seed(self.seed, "paths"))
        )

        def choose_path(epoch: int, images: int) -> None:
            architecture = sampler.draw()
            supernet.choose(architecture)
            frozen = freeze_backbone_from is not None and epoch >= freeze_backbone_from
            macs = self.space.counts(architecture, self.shape).macs
            self.spending.images_seen += images
            self.spending.macs += (1 if frozen else 3) * macs * images

        trainer = replace(
            setup.trainer,
            before_pass=choose_path,
            passes=paths_per_step(self.space, recipe.path_sampling),
            used_parts=supernet.used_parts,
            freeze_backbone_from=freeze_backbone_from,
            checkpoint=self.checkpoints.open(),
            companion=_PathState(sampler.rng, self.spending),
        )
        # Running statistics of a mixture of paths mean nothing; scoring estimates its own.
        with batch_statistics(supernet) if keep_statistics else nullcontext():
            return trainer.run()

    def forward_passes(self) -> AbstractContextManager[object]:
        """Compute forward passes within the block in the run's precision."""
        return forward_passes(self.precision, self.images.device)
