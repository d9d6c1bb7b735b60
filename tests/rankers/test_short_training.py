import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.data.resolving import resolve
from imbnas.execution.data_pool import DataPool
from imbnas.execution.runner import Runner
from imbnas.execution.train import stream_seed
from imbnas.rankers.builtin import ShortTraining
from imbnas.rankers.candidate import Candidate, Task
from imbnas.rankers.short_training import rescaled, shortened
from imbnas.runs.store.directory import RunDirectory
from imbnas.schemes import resolve_scheme
from imbnas.schemes.training_scheme import build_scheme
from imbnas.units.conditions import parse_condition
from imbnas.units.randomness import derive_seed
from imbnas.units.recalls import MEAN_DIGITS
from imbnas.units.recipes import Recipe
from imbnas.units.unit import DataRef, SpaceModel, TrainUnit

CELL = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"
LOCATIONS = DataLocations.from_options(offline=True)


@pytest.mark.parametrize("scheme", ["cb-drw", "ce-tau-norm"])
def test_all_of_the_epochs_are_the_training_itself(
    tmp_path: Path, scheme: str, make_candidate: Callable[..., Candidate]
) -> None:
    """Under protocol ``paper`` validation and test images are the same, and so is the accuracy."""
    pool = DataPool(LOCATIONS, torch.device("cpu"))
    data = _paper_data(pool)
    recipe = Recipe(epochs=5, steps_per_epoch=4, batch_size=32, width=4, depth=1, average_from=0.5)
    unit = TrainUnit(
        model=SpaceModel(space="nats-tss", version="1", architecture=CELL),
        data=data, scheme=resolve_scheme(scheme), recipe=recipe, replicate=0,
    )  # fmt: skip
    record = Runner(RunDirectory(tmp_path), LOCATIONS).execute(unit)
    images = pool.images(data, None)
    task = Task(
        images.train, images.validation, images.manifest.class_counts, unit.scheme, recipe, seed=1
    )
    seed = stream_seed(unit)
    candidate = make_candidate(CELL, task, derive_seed(seed, "weights"))
    score = ShortTraining(fraction=1).score(
        Candidate(candidate.network, candidate.counts, candidate.shape, seed, task)
    )
    assert round(score.value, MEAN_DIGITS) == record.metrics.mean_accuracy()
    assert (score.images_seen, score.macs) == (record.cost.images_seen, record.cost.macs)


def _paper_data(pool: DataPool) -> DataRef:
    manifest = resolve(parse_condition("digits@10x:subset-0", "paper"), pool.dataset("digits"))
    return DataRef(
        condition=manifest.condition, protocol=manifest.protocol,
        dataset_digest=manifest.dataset_digest, manifest_sha256=manifest.sha256,
    )  # fmt: skip


def test_a_tenth_of_the_epochs_and_at_least_one() -> None:
    recipe = Recipe(epochs=200, steps_per_epoch=7, warmup_epochs=5)
    short = shortened(recipe, 0.1)
    assert (short.epochs, short.steps_per_epoch, short.warmup_epochs) == (20, 7, 0.5)
    assert short.schedule == "cosine"
    assert shortened(Recipe(epochs=4), 0.1).epochs == 1
    assert shortened(recipe, 1) == recipe


def test_steps_of_the_rate_come_earlier_or_not_at_all() -> None:
    recipe = Recipe(epochs=200, schedule="step", milestones=(160, 180))
    assert shortened(recipe, 0.1).milestones == (16, 18)
    single = shortened(recipe, 0.005)
    assert (single.epochs, single.milestones) == (1, (1,))
    early = Recipe(epochs=200, schedule="step", milestones=(10,))
    assert (shortened(early, 0.01).schedule, shortened(early, 0.01).milestones) == ("constant", ())
    for short in (shortened(recipe, 0.1), single, shortened(early, 0.01)):
        assert Recipe.model_validate(short.model_dump()) == short


def test_deferred_changes_come_earlier() -> None:
    spec = resolve_scheme("cb-drw").model_copy(
        update={"deferred_from": None, "deferred_from_epoch": 160}
    )
    short = rescaled(spec, 200)
    assert (short.deferred_from, short.deferred_from_epoch) == (0.8, None)
    counts = (50, 5)
    schemes = build_scheme(spec, counts, 200), build_scheme(short, counts, 20)
    logits, labels = torch.eye(2), torch.tensor([0, 1])
    for scheme, before, after in zip(schemes, (159, 15), (160, 16), strict=True):
        losses = []
        for epoch in (before, after):
            scheme.set_epoch(epoch)
            losses.append(scheme.loss(logits * torch.tensor([[1.0], [3.0]]), labels).item())
        assert losses[0] != losses[1]
    assert rescaled(resolve_scheme("ce"), 200) == resolve_scheme("ce")


def test_a_training_that_diverges_is_counted_whole(
    make_candidate: Callable[..., Candidate],
) -> None:
    candidate = make_candidate(CELL)
    with torch.no_grad():
        candidate.network.classifier.weight.fill_(float("nan"))
    score = ShortTraining(fraction=0.2).score(candidate)
    assert math.isnan(score.value)
    assert score.images_seen == 2 * 3 * 32
    assert score.macs == 3 * score.images_seen * candidate.counts.macs


def test_it_learns(make_candidate: Callable[..., Candidate]) -> None:
    task = make_candidate(CELL).task
    recipe = task.recipe.model_copy(update={"epochs": 20, "steps_per_epoch": 10, "lr": 0.05})
    longer = Task(
        task.train_images, task.validation_images, task.class_counts, task.scheme, recipe, 1
    )
    short, whole = (
        ShortTraining(fraction=f).score(make_candidate(CELL, longer)).value for f in (0.05, 1)
    )
    assert whole > max(short, 0.3)
