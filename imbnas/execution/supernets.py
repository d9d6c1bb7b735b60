"""Executes ``supernet``, ``adapt`` and ``search`` units."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from imbnas.data.manifests import Selection
from imbnas.execution.network import network_shape
from imbnas.execution.outcome import Outcome
from imbnas.execution.weights import load_into, to_bytes
from imbnas.search.scoreboard import Scoreboard
from imbnas.search.searcher import build_searcher
from imbnas.spaces import get_space
from imbnas.strategies.adaptation import Adaptation
from imbnas.strategies.strategy import STRATEGIES
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.registry import SUPERNETS
from imbnas.supernet.scoring import Scorer
from imbnas.supernet.supernet import Supernet
from imbnas.training.checkpoints import Snapshot
from imbnas.units.randomness import derive_seed
from imbnas.units.records import AdaptMetrics, SearchMetrics, SupernetMetrics

if TYPE_CHECKING:
    from imbnas.data.image_sets import FileSet, ImageSet
    from imbnas.execution.shelf import ConditionImages, Shelf
    from imbnas.execution.store import Store
    from imbnas.spaces import NetworkShape
    from imbnas.training.checkpoints import Checkpoint, Checkpoints
    from imbnas.units.work import AdaptUnit, SearchUnit, SupernetUnit


@dataclass(frozen=True)
class SupernetExecution:
    """Does everything that has to do with supernets.

    Attributes:
        shelf: loaded data.
        store: results of earlier units.
        checkpoints: where the unit's state is kept meanwhile.
    """

    shelf: "Shelf"
    store: "Store"
    checkpoints: "Checkpoints"

    def supernet(self, unit: "SupernetUnit") -> Outcome:
        """Train a source supernet and keep its weights."""
        images = self.shelf.images(unit.data, unit.recipe.resolution)
        shape = network_shape(images.dataset, unit.recipe)
        seed = derive_seed(
            "supernet", unit.space, unit.data.condition, unit.scheme.name, unit.replicate
        )
        supernet = self._fresh(unit.space, shape, derive_seed(seed, "weights"))
        trainer = self._trainer(unit, images, shape, seed)
        fit = trainer.train(supernet, unit.scheme, unit.recipe)
        sha256 = self.store.publish_weights(to_bytes(supernet))
        metrics = SupernetMetrics(weights_sha256=sha256, train_loss=fit.train_loss)
        return Outcome(metrics, trainer.spending.images_seen, trainer.spending.macs)

    def adapt(self, unit: "AdaptUnit") -> Outcome:
        """Let a strategy adapt the source supernet to the target's training images.

        Raises:
            TypeError: the strategy returned something else than a supernet.
        """
        images = self.shelf.images(unit.target, unit.recipe.resolution)
        shape = network_shape(images.dataset, unit.recipe)
        seed = derive_seed(
            "adapt",
            unit.space,
            unit.strategy.name,
            unit.source.condition,
            unit.target.condition,
            unit.scheme.name,
            unit.replicate,
        )
        source = self._stored(unit.space, self._source_shape(unit), unit.supernet, "supernet")
        trainer = self._trainer(unit, images, shape, seed)
        adaptation = Adaptation(
            supernet=source,
            fresh_supernet=lambda: self._fresh(unit.space, shape, derive_seed(seed, "weights")),
            train_images=images.train,
            class_counts=images.manifest.class_counts,
            scheme=unit.scheme,
            recipe=unit.recipe,
            trainer=trainer,
        )
        adapted = STRATEGIES.get(unit.strategy.name)().adapt(adaptation)
        if not isinstance(adapted, Supernet):
            raise TypeError(
                f"strategy {unit.strategy.name!r} returned {type(adapted).__name__}, not a supernet"
            )
        sha256 = self.store.publish_weights(to_bytes(adapted))
        spending = trainer.spending
        return Outcome(AdaptMetrics(weights_sha256=sha256), spending.images_seen, spending.macs)

    def search(self, unit: "SearchUnit") -> Outcome:
        """Search an adapted supernet on validation images."""
        images = self.shelf.images(unit.scored_on, unit.recipe.resolution)
        shape = network_shape(images.dataset, unit.recipe)
        space = get_space(unit.space)
        supernet = self._stored(unit.space, shape, unit.adapted, "adapt")
        seed = derive_seed("search", unit.adapted, unit.searcher.name, unit.replicate)
        scorer = Scorer(
            supernet,
            _calibration(images, unit, seed),
            images.validation,
            unit.recipe.evaluation_batch_size,
        )
        board = _resumable(scorer, self.checkpoints.open())
        searcher = build_searcher(unit.searcher.name, dict(unit.searcher.options))
        searcher.search(space, board, np.random.default_rng(derive_seed(seed, "search")))
        each = scorer.images_per_score
        macs = sum(space.counts(a, shape).macs for a in board.scores) * each
        metrics = SearchMetrics(best=board.top(1)[0], scores=tuple(board.scores.items()))
        return Outcome(metrics, each * len(board.scores), macs)

    def _source_shape(self, unit: "AdaptUnit") -> "NetworkShape":
        dataset = self.shelf.images(unit.source, unit.recipe.resolution).dataset
        return network_shape(dataset, unit.recipe)

    def _fresh(self, space: str, shape: "NetworkShape", seed: int) -> Supernet:
        torch.manual_seed(seed)
        supernet = SUPERNETS.get(space)(shape)
        return supernet.to(self.shelf.device).to(memory_format=torch.channels_last)

    def _stored(self, space: str, shape: "NetworkShape", identity: str, kind: str) -> Supernet:
        metrics = self.store.read_record(kind, identity).metrics
        if not isinstance(metrics, SupernetMetrics | AdaptMetrics):
            raise TypeError(f"{kind} unit {identity} left no weights")
        supernet = self._fresh(space, shape, 0)
        load_into(supernet, self.store.read_weights(metrics.weights_sha256))
        return supernet

    def _trainer(
        self,
        unit: "SupernetUnit | AdaptUnit",
        images: "ConditionImages",
        shape: "NetworkShape",
        seed: int,
    ) -> PathTrainer:
        return PathTrainer(
            space=get_space(unit.space),
            shape=shape,
            images=images.train,
            class_counts=images.manifest.class_counts,
            seed=seed,
            precision=unit.precision,
            checkpoints=self.checkpoints,
        )


def _resumable(scorer: Scorer, checkpoint: "Checkpoint") -> Scoreboard:
    """A scoreboard that keeps its scores, and takes those of an earlier attempt as they are."""
    kept = checkpoint.load()
    known = dict(kept.facts.get("scores", ())) if kept else {}
    board = Scoreboard(scorer.score, known=known)
    board.evaluated = lambda: checkpoint.offer(
        lambda: Snapshot({"scores": list({**known, **board.scores}.items())})
    )
    return board


def _calibration(
    images: "ConditionImages", unit: "SearchUnit", seed: int
) -> "ImageSet | FileSet | None":
    """A fixed random selection of training images; ``None`` for none."""
    count, available = unit.calibration_images, len(images.manifest.train.indices)
    if count == 0:
        return None
    if count >= available:
        return images.train
    rng = np.random.default_rng(derive_seed(seed, "calibration"))
    chosen = np.sort(rng.choice(available, size=count, replace=False))
    return images.select(
        Selection(
            split=images.manifest.train.split,
            indices=tuple(images.manifest.train.indices[i] for i in chosen),
        )
    )
