"""Evaluations as a training goes on: they cost images and change nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from imbnas.data.image_sets import ImageSet
from imbnas.data.locations import DataLocations
from imbnas.data.streams import evaluation_batches
from imbnas.execution import data_pool
from imbnas.execution.data_pool import ConditionImages, DataPool
from imbnas.execution.runner import Runner
from imbnas.execution.stack import fit_stack
from imbnas.execution.train import fit_alone, set_up_unit
from imbnas.runs.store.checkpoints import Checkpointing, Suspended
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.training import validation
from imbnas.training.checkpoints import NothingKept
from imbnas.units.metrics import TrainMetrics
from imbnas.units.record_checks import check_bits
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit

from ..factories import resolve, varied

LOCATIONS = DataLocations.from_options(offline=True)
REPLICATES = 2
EPOCHS = 9
CURVE = (1, 2, 4)
"""Nine epochs in halves: 4.5, 2.25 and 1.125."""


@pytest.fixture(scope="module")
def stack(tiny_suite: Path) -> list[TrainUnit]:
    """Replicates of the largest network, with a learning curve and averaged weights."""
    network = {"epochs": EPOCHS, "steps_per_epoch": 2, "curve_points": 3, "average_from": 0.5}
    fidelity = {"only": {"stack": REPLICATES, "network": network}}
    expansion = Expansion(resolve(tiny_suite, replicates=REPLICATES, fidelities=fidelity))
    targets = expansion.resolved.suite.parts["transfer"].targets  # type: ignore[union-attr]
    largest = int(np.argmax([member.params for member in expansion.resolved.population]))
    return [expansion.population(targets[0], r)[largest] for r in range(REPLICATES)]


@pytest.fixture(params=[1, REPLICATES], ids=["alone", "stacked"])
def units(request: pytest.FixtureRequest, stack: list[TrainUnit]) -> list[TrainUnit]:
    """One unit by itself, or a whole stack."""
    if request.param == 1:
        return [stack[0].model_copy(update={"stack": 1})]
    return stack


def without_curve(units: list[TrainUnit]) -> list[TrainUnit]:
    return [varied(unit, recipe={"curve_points": 0}) for unit in units]


def execute(runner: Runner, units: list[TrainUnit]) -> list[Record]:
    if units[0].stack == 1:
        return [runner.execute(unit) for unit in units]
    done = runner.execute_stack(units)
    assert all(isinstance(record, Record) for record in done)
    return done  # type: ignore[return-value]


def weights(units: list[TrainUnit]) -> tuple[list[dict[str, torch.Tensor]], Any, torch.Tensor]:
    """Weights and statistics of every network after its training, the fit, a random number."""
    pool = DataPool(LOCATIONS, torch.device("cpu"))
    ready = [set_up_unit(unit, pool) for unit in units]
    if units[0].stack == 1:
        fit = fit_alone(ready[0], NothingKept())
    else:
        fit = fit_stack(ready, NothingKept())
    states = [one.training.trainer.network.state_dict() for one in ready]  # type: ignore[attr-defined]
    return states, fit, torch.rand(3)


def metrics_of(record: Record) -> TrainMetrics:
    assert isinstance(record.metrics, TrainMetrics)
    return record.metrics


def test_a_curve_changes_no_bit_of_the_training(
    units: list[TrainUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(*arguments: Any) -> Any:
        torch.rand(7)
        return evaluation_batches(*arguments)

    # Whatever an evaluation may do, the training must not see it.
    monkeypatch.setattr(validation, "evaluation_batches", careless)
    with_it, fit, drawn = weights(units)
    plain, other, expected = weights(without_curve(units))
    assert fit.train_losses == other.train_losses
    assert torch.equal(drawn, expected)
    assert other.curves == ()
    assert [[point.epoch for point in curve] for curve in fit.curves] == [[*CURVE]] * len(units)
    for one, two in zip(with_it, plain, strict=True):
        assert all(torch.equal(one[name], two[name]) for name in two)


def test_records_differ_in_the_curve_and_its_images_alone(
    units: list[TrainUnit], tmp_path: Path
) -> None:
    runner = Runner(RunDirectory(tmp_path), LOCATIONS)
    pool = DataPool(LOCATIONS, torch.device("cpu"))
    for one, two, unit in zip(
        execute(runner, units), execute(runner, without_curve(units)), units, strict=True
    ):
        assert one.identity != two.identity
        assert metrics_of(one).model_copy(update={"curve": None}) == two.metrics
        curve = metrics_of(one).curve
        assert curve is not None
        held = pool.images(unit.data, None).validation
        counts = torch.bincount(held.labels, minlength=10)
        assert [point.class_total for point in curve] == [tuple(counts.tolist())] * len(CURVE)
        assert one.cost.images_seen == two.cost.images_seen + len(CURVE) * len(held)
        assert one.cost.macs == two.cost.macs + metrics_of(one).macs * len(CURVE) * len(held)


def test_the_counts_are_those_of_a_training_that_stops_there(stack: list[TrainUnit]) -> None:
    """A constant rate makes a training of two epochs the beginning of a longer one."""
    unit = varied(
        stack[0].model_copy(update={"stack": 1}),
        recipe={"schedule": "constant", "average_from": None},
    )
    pool = DataPool(LOCATIONS, torch.device("cpu"))
    ready = set_up_unit(unit, pool)
    (curve,) = fit_alone(ready, NothingKept()).curves
    stopped = set_up_unit(unit, pool)
    short = varied(unit.recipe, epochs=2, curve_points=0)
    replace(stopped.training.trainer, recipe=short).run()
    network = stopped.training.trainer.network.eval()  # type: ignore[attr-defined]
    held = stopped.images.validation
    assert isinstance(held, ImageSet)
    with torch.no_grad():
        right = network(held.batch(torch.arange(len(held)))).argmax(1) == held.labels
    counted = torch.bincount(held.labels[right], minlength=10)
    assert curve[1].epoch == 2
    assert curve[1].class_correct == tuple(counted.tolist())


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_resumed_training_has_the_same_curve(
    units: list[TrainUnit], tmp_path: Path, attempts: int
) -> None:
    """Suspended after each of its first epochs, some of which were evaluated."""
    undisturbed = execute(Runner(RunDirectory(tmp_path / "other"), LOCATIONS), units)
    directory = RunDirectory(tmp_path / "run")
    keeping = Checkpointing(directory, interval=0.0, suspending=True)
    runner = Runner(directory, LOCATIONS, attempt=keeping.attempt)
    for _ in range(attempts):
        with pytest.raises(Suspended):
            execute(runner, units)
    keeping.suspending = False
    resumed = execute(runner, units)
    assert [record.metrics for record in resumed] == [record.metrics for record in undisturbed]


def test_the_test_split_is_read_once_and_the_validation_images_only_where_asked(
    units: list[TrainUnit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    selected: list[str] = []
    select = ConditionImages.select

    def spy(self: ConditionImages, selection: Any) -> Any:
        kinds = {"train": self.manifest.train, "test": self.manifest.test}
        names = [name for name, each in kinds.items() if each is selection]
        selected.append(names[0] if names else "validation")
        return select(self, selection)

    batches: list[int] = []

    def counted(images: Any, size: int) -> Any:
        batches.append(len(images))
        return evaluation_batches(images, size)

    monkeypatch.setattr(ConditionImages, "select", spy)
    monkeypatch.setattr(data_pool, "evaluation_batches", counted)
    plain = [varied(unit, recipe={"average_from": None}) for unit in without_curve(units)]
    execute(Runner(RunDirectory(tmp_path), LOCATIONS), plain)
    assert sorted(selected) == ["test"] * len(units) + ["train"] * len(units)
    assert batches == [800] * len(units)
    execute(Runner(RunDirectory(tmp_path), LOCATIONS), units)
    assert selected.count("validation") == len(units)


def test_bits_and_calibration_belong_to_the_manifests_test_images(
    units: list[TrainUnit], tmp_path: Path
) -> None:
    pool = DataPool(LOCATIONS, torch.device("cpu"))
    for record, unit in zip(
        execute(Runner(RunDirectory(tmp_path), LOCATIONS), units), units, strict=True
    ):
        images = pool.images(unit.data, None)
        labels = images.dataset.test.labels[list(images.manifest.test.indices)]
        metrics = metrics_of(record)
        check_bits(metrics, labels)
        assert metrics.calibration is not None
        assert sum(each.images for each in metrics.calibration) == 800
        error = metrics.expected_calibration_error()
        assert error is not None
        assert 0 < error < 1
