"""Executes ``supernet``, ``adapt`` and ``search`` units."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from imbnas.data.split_guard import sealed
from imbnas.execution.outcome import Outcome
from imbnas.execution.sources import DataSource, UnitImages
from imbnas.execution.storable import storable
from imbnas.execution.store import Store
from imbnas.execution.weights import load_into, to_bytes
from imbnas.search import Scoreboard, build_searcher
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.network_shape import network_shape
from imbnas.spaces.stems import check_stem
from imbnas.strategies import Adaptation, HeadForEach, build_strategy
from imbnas.supernet import SUPERNETS, Supernet
from imbnas.supernet.heads import HeadMaker
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.scoring import Scorer
from imbnas.training.checkpoints import Checkpoint, Checkpoints, Reached, Snapshot
from imbnas.units.metrics import AdaptMetrics, SearchMetrics, SupernetMetrics
from imbnas.units.randomness import derive_seed
from imbnas.units.unit import AdaptUnit, SearchUnit, SupernetUnit


def fresh_supernet(space: str, shape: NetworkShape, seed: int, device: torch.device) -> Supernet:
    """Build an untrained supernet of a space; torch's global generator is left seeded.

    Raises:
        InputError: the space does not build the stem.
    """
    check_stem(get_space(space), shape.stem, shape.resolution)
    torch.manual_seed(seed)
    supernet = SUPERNETS.get(space)(shape)
    return supernet.to(device).to(memory_format=torch.channels_last)


@dataclass(frozen=True)
class SupernetExecution:
    """Does everything that has to do with supernets.

    Attributes:
        pool: loaded data.
        store: results of earlier units.
        checkpoints: where the unit's state is kept until it ends.
    """

    pool: DataSource
    store: Store
    checkpoints: Checkpoints

    def supernet(self, unit: SupernetUnit) -> Outcome:
        """Train a source supernet and keep its weights."""
        images = self.pool.images(unit.data, unit.recipe.resolution, unit.recipe.channel_statistics)
        shape = network_shape(images.dataset, unit.recipe)
        seed = derive_seed(
            "supernet", unit.space, unit.data.condition, unit.scheme.name, unit.replicate
        )
        weights = derive_seed(seed, "weights")
        supernet = fresh_supernet(unit.space, shape, weights, self.pool.device)
        trainer = self._trainer(unit, images, shape, seed)
        fit = trainer.train(supernet, unit.scheme, unit.recipe)
        sha256 = self.store.publish_weights(to_bytes(supernet))
        metrics = SupernetMetrics(weights_sha256=sha256, train_loss=fit.train_loss)
        return Outcome(metrics, trainer.spending.images_seen, trainer.spending.macs)

    def adapt(self, unit: AdaptUnit) -> Outcome:
        """Let a strategy adapt the source supernet to the target's training images.

        Raises:
            TypeError: the strategy returned something else than a supernet.
            StrategyError: see ``storable``.
            SealedDataError: it asked for a dataset or a split, even if it caught the refusal.
        """
        images = self.pool.images(
            unit.target, unit.recipe.resolution, unit.recipe.channel_statistics
        )
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
        source, source_shape = self._weights(unit.supernet, "supernet"), self._source_shape(unit)
        train_images = images.train.alone()
        trainer = replace(self._trainer(unit, images, shape, seed), images=train_images)
        adaptation = Adaptation(
            supernet=self._rebuilt(unit.space, source_shape, source),
            fresh_supernet=partial(
                fresh_supernet, unit.space, shape, derive_seed(seed, "weights"), self.pool.device
            ),
            train_images=train_images,
            class_counts=images.class_counts,
            scheme=unit.scheme,
            recipe=unit.recipe,
            trainer=trainer,
        )
        strategy = build_strategy(unit.strategy.name, dict(unit.strategy.options))
        label = unit.strategy.label
        with sealed(f"strategy {label!r} has adaptation.train_images and no other image"):
            adapted = strategy.adapt(adaptation)
        scored_shape = source_shape if strategy.scores_on == "source" else shape
        content = storable(
            label,
            adapted,
            partial(fresh_supernet, unit.space, scored_shape, 0, self.pool.device),
        )
        sha256 = self.store.publish_weights(content)
        spending = trainer.spending
        return Outcome(AdaptMetrics(weights_sha256=sha256), spending.images_seen, spending.macs)

    def search(self, unit: SearchUnit) -> Outcome:
        """Search an adapted supernet on validation images."""
        images = self.pool.images(
            unit.scored_on, unit.recipe.resolution, unit.recipe.channel_statistics
        )
        shape = network_shape(images.dataset, unit.recipe)
        space = get_space(unit.space)
        supernet = self._rebuilt(unit.space, shape, self._weights(unit.adapted, "adapt"))
        seed = derive_seed("search", unit.adapted, unit.searcher.name, unit.replicate)
        scorer = Scorer(
            supernet,
            images.calibration(unit.calibration_images, derive_seed(seed, "calibration")),
            images.scored(unit.validation_images),
            unit.recipe.evaluation_batch_size,
            self._heads(unit, images),
            unit.precision,
        )
        board = _resumable(scorer, self.checkpoints.open())
        searcher = build_searcher(unit.searcher.name, dict(unit.searcher.options))
        searcher.search(space, board, np.random.default_rng(derive_seed(seed, "search")))
        each = scorer.images_each
        macs = sum(space.counts(a, shape).macs * each + scorer.head_macs for a in board.scores)
        metrics = SearchMetrics(best=board.top(1)[0], scores=tuple(board.scores.items()))
        return Outcome(metrics, each * len(board.scores), macs)

    def _heads(self, unit: SearchUnit, images: UnitImages) -> HeadMaker | None:
        """What makes a head for each architecture, where the strategy asks for that."""
        adapt = self.store.read_record("adapt", unit.adapted).unit
        if not isinstance(adapt, AdaptUnit):
            raise TypeError(f"unit {unit.adapted} is no adaptation")
        strategy = build_strategy(adapt.strategy.name, dict(adapt.strategy.options))
        if not isinstance(strategy, HeadForEach):
            return None
        fit = partial(strategy.head_for, num_classes=images.dataset.num_classes)
        return HeadMaker(fit, images.train, unit.recipe.evaluation_batch_size)

    def _source_shape(self, unit: AdaptUnit) -> NetworkShape:
        dataset = self.pool.images(
            unit.source, unit.recipe.resolution, unit.recipe.channel_statistics
        ).dataset
        return network_shape(dataset, unit.recipe)

    def _weights(self, identity: str, kind: str) -> bytes:
        metrics = self.store.read_record(kind, identity).metrics
        if not isinstance(metrics, SupernetMetrics | AdaptMetrics):
            raise TypeError(f"{kind} unit {identity} left no weights")
        return self.store.read_weights(metrics.weights_sha256)

    def _rebuilt(self, space: str, shape: NetworkShape, weights: bytes) -> Supernet:
        supernet = fresh_supernet(space, shape, 0, self.pool.device)
        load_into(supernet, weights)
        return supernet

    def _trainer(
        self,
        unit: SupernetUnit | AdaptUnit,
        images: UnitImages,
        shape: NetworkShape,
        seed: int,
    ) -> PathTrainer:
        return PathTrainer(
            space=get_space(unit.space),
            shape=shape,
            images=images.train,
            class_counts=images.class_counts,
            seed=seed,
            precision=unit.precision,
            checkpoints=self.checkpoints,
        )


def _resumable(scorer: Scorer, checkpoint: Checkpoint) -> Scoreboard:
    """A scoreboard that keeps its scores, and takes those of an earlier attempt as they are."""
    kept = checkpoint.load()
    known = dict(kept.facts.get("scores", ())) if kept else {}
    if kept and scorer.heads:
        # Where every score is known no head is made, and the cost must still be reported.
        scorer.heads.macs = kept.facts.get("head_macs", 0)
    board = Scoreboard(scorer.score, known=known)
    board.evaluated = lambda: checkpoint.offer(
        lambda: Snapshot(
            {"scores": list({**known, **board.scores}.items()), "head_macs": scorer.head_macs}
        ),
        Reached.networks(len(board.scores)),
    )
    return board
