"""Executes ``rank`` units."""

import math

import torch

from imbnas.execution.kept_scores import KeptScores
from imbnas.execution.network import build_network
from imbnas.execution.outcome import Outcome
from imbnas.execution.sources import DataSource
from imbnas.rankers import Candidate, Score, Task, build_ranker
from imbnas.spaces import NetworkShape
from imbnas.spaces.network_shape import network_shape
from imbnas.training.checkpoints import Checkpoint, Checkpoints
from imbnas.training.setup import replace_classifier, to_device
from imbnas.units.metrics import RankMetrics
from imbnas.units.randomness import derive_seed
from imbnas.units.unit import RankUnit, SpaceModel


def rank(unit: RankUnit, pool: DataSource, checkpoints: Checkpoints) -> Outcome:
    """Score every architecture of the unit, each in a network of its own.

    Args:
        unit: names ranker, architectures and data.
        pool: loaded data.
        checkpoints: where scores are kept until the unit ends, and the training of an architecture.

    Raises:
        TypeError: the ranker returned something else than a score.
    """
    images = pool.images(unit.data, unit.recipe.resolution, unit.recipe.channel_statistics)
    shape = network_shape(images.dataset, unit.recipe)
    task = Task(
        train_images=images.train,
        validation_images=images.validation,
        class_counts=images.class_counts,
        scheme=unit.scheme,
        recipe=unit.recipe,
        seed=derive_seed("rank", unit.data.condition, unit.scheme.name, unit.replicate),
        precision=unit.precision,
    )
    ranker = build_ranker(unit.ranker.name, dict(unit.ranker.options))
    kept = KeptScores(unit.architectures, checkpoints.open())
    for architecture in kept.left:
        score = ranker.score(_candidate(unit, architecture, task, shape, pool, kept))
        if not isinstance(score, Score):
            raise TypeError(
                f"ranker {unit.ranker.name!r} returned {type(score).__name__}, not a Score"
            )
        kept.add(score)
    values = [float(score.value) for score in kept.scores]
    found = (value if math.isfinite(value) else None for value in values)
    return Outcome(
        RankMetrics(scores=tuple(zip(unit.architectures, found, strict=True))),
        images_seen=sum(score.images_seen for score in kept.scores),
        macs=sum(score.macs for score in kept.scores),
    )


def _candidate(
    unit: RankUnit,
    architecture: str,
    task: Task,
    shape: NetworkShape,
    pool: DataSource,
    checkpoint: Checkpoint,
) -> Candidate:
    """A fresh network; its weights are not those that its training will start from."""
    seed = derive_seed(task.seed, architecture)
    torch.manual_seed(derive_seed(seed, "weights"))
    model = SpaceModel(space=unit.space, version=unit.version, architecture=architecture)
    network, counts = build_network(model, shape, pool.locations)
    replace_classifier(network, task.begun_scheme(), shape.num_classes)
    to_device(network, pool.device).train()
    return Candidate(network, counts, shape, seed, task, checkpoint)
