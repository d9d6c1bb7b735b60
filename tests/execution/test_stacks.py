"""Replicates that are trained side by side give what they give alone, but for rounding."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.execution.data_pool import DataPool
from imbnas.execution.runner import Runner
from imbnas.execution.stack import fit_stack
from imbnas.execution.train import fit_alone, set_up_unit
from imbnas.runs.store.checkpoints import Checkpointing, Suspended
from imbnas.runs.store.directory import RunDirectory
from imbnas.schemes import resolve_scheme
from imbnas.suites.expand import Expansion
from imbnas.training.checkpoints import NothingKept
from imbnas.training.fitting import NonFiniteLossError
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Record
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import TrainUnit

from ..factories import resolve

LOCATIONS = DataLocations.from_options(offline=True)
REPLICATES = 3


@pytest.fixture(scope="module")
def stack(tiny_suite: Path) -> list[TrainUnit]:
    """Three replicates of one training of a cell with convolutions."""
    stacked = {"only": {"stack": REPLICATES}}
    expansion = Expansion(resolve(tiny_suite, replicates=REPLICATES, fidelities=stacked))
    targets = expansion.resolved.suite.parts["transfer"].targets  # type: ignore[union-attr]
    sizes = [member.params for member in expansion.resolved.population]
    return [
        expansion.population(targets[0], replicate)[int(np.argmax(sizes))]
        for replicate in range(REPLICATES)
    ]


@pytest.fixture
def executor(tmp_path: Path) -> Runner:
    return Runner(RunDirectory(tmp_path), LOCATIONS)


def metrics_of(outcomes: list[Record | Exception]) -> list[object]:
    assert all(isinstance(outcome, Record) for outcome in outcomes)
    return [outcome.metrics for outcome in outcomes if isinstance(outcome, Record)]


def test_the_size_of_a_stack_is_part_of_the_identity_and_1_is_not(stack: list[TrainUnit]) -> None:
    alone = stack[0].model_copy(update={"stack": 1})
    assert "stack" not in alone.model_dump()
    assert alone.model_dump() == {k: v for k, v in stack[0].model_dump().items() if k != "stack"}


def test_a_network_gives_the_same_whoever_is_beside_it(
    stack: list[TrainUnit], executor: Runner
) -> None:
    together = metrics_of(executor.execute_stack(stack))
    assert len({str(metrics) for metrics in together}) == REPLICATES
    assert [executor.execute(unit).metrics for unit in stack] == together
    assert metrics_of(executor.execute_stack([stack[2], stack[0]])) == [together[2], together[0]]


def test_a_stack_gives_the_weights_of_single_trainings_within_rounding(
    stack: list[TrainUnit],
) -> None:
    pool = DataPool(LOCATIONS, torch.device("cpu"))
    recipe = stack[0].recipe.model_copy(update={"epochs": 1, "steps_per_epoch": 3, "lr": 0.01})
    short = [unit.model_copy(update={"recipe": recipe}) for unit in stack]
    side_by_side = [set_up_unit(unit, pool) for unit in short]
    fit = fit_stack(side_by_side, NothingKept())
    for place, unit in enumerate(short):
        alone = set_up_unit(unit, pool)
        single = fit_alone(alone, NothingKept())
        assert single.train_loss == pytest.approx(fit.train_losses[place], rel=1e-5)
        assert single.trained_images == fit.trained_images
        for one, other in zip(
            alone.training.trainer.network.state_dict().values(),  # type: ignore[attr-defined]
            side_by_side[place].training.trainer.network.state_dict().values(),  # type: ignore[attr-defined]
            strict=True,
        ):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "scheme",
    [resolve_scheme("ce").model_copy(update={"mixing": "mixup"}), resolve_scheme("ldam-drw")],
    ids=["mixup", "ldam"],
)
def test_every_network_has_its_own_mixing_and_classifier(
    stack: list[TrainUnit], executor: Runner, scheme: SchemeSpec
) -> None:
    units = [unit.model_copy(update={"scheme": scheme}) for unit in stack]
    together = metrics_of(executor.execute_stack(units))
    assert [executor.execute(unit).metrics for unit in units] == together


def test_one_network_that_blows_up_leaves_the_others_alone(
    stack: list[TrainUnit], executor: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = metrics_of(executor.execute_stack(stack))

    def spoilt(unit: TrainUnit, pool: DataPool) -> object:
        prepared = set_up_unit(unit, pool)
        if unit.replicate == 1:
            with torch.no_grad():
                next(prepared.training.trainer.network.parameters()).fill_(float("nan"))  # type: ignore[attr-defined]
        return prepared

    monkeypatch.setattr("imbnas.execution.stack.set_up_unit", spoilt)
    first, failed, third = executor.execute_stack(stack)
    assert isinstance(failed, NonFiniteLossError)
    assert metrics_of([first, third]) == [expected[0], expected[2]]


def test_a_stack_goes_on_at_its_checkpoint_and_no_other_stack_does(
    stack: list[TrainUnit], tmp_path: Path
) -> None:
    undisturbed = Runner(RunDirectory(tmp_path / "other"), LOCATIONS).execute_stack(stack)
    directory = RunDirectory(tmp_path / "run")
    keeping = Checkpointing(directory, interval=0.0, suspending=True)
    executor = Runner(directory, LOCATIONS, attempt=keeping.attempt)
    with pytest.raises(Suspended):
        executor.execute_stack(stack)
    (kept,) = directory.checkpoints.iterdir()
    keeping.suspending = False
    assert Checkpointing(directory).attempt(stack).open().load() is not None
    assert Checkpointing(directory).attempt(stack[:2]).open().load() is None
    resumed = executor.execute_stack(stack)
    assert metrics_of(resumed) == metrics_of(undisturbed)
    assert kept.name.startswith(stack[0].identity)


def test_the_time_of_a_stack_is_shared_evenly(stack: list[TrainUnit], executor: Runner) -> None:
    records = [r for r in executor.execute_stack(stack) if isinstance(r, Record)]
    assert len({record.cost.seconds for record in records}) == 1
    (share,) = {record.cost.core_seconds for record in records}
    assert share is not None
    assert share > 0
    for record in records:
        assert isinstance(record.metrics, TrainMetrics)
        assert record.cost.macs == record.metrics.macs * (
            record.cost.images_seen + 2 * record.unit.recipe.epochs  # type: ignore[union-attr]
            * record.unit.recipe.steps_per_epoch * record.unit.recipe.batch_size  # type: ignore[union-attr, operator]
        )  # fmt: skip


def test_processor_seconds_of_a_stack_are_shared_among_its_units(
    stack: list[TrainUnit], executor: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(0.0, 6.0)
    monkeypatch.setattr("imbnas.training.stopwatch.time.process_time", lambda: next(clock))
    for units in (stack, stack[:1]):
        records = [r for r in executor.execute_stack(units) if isinstance(r, Record)]
        assert len(records) == len(units)
        epochs = units[0].recipe.epochs
        assert {r.cost.core_seconds for r in records} == {6.0 * epochs / len(units)}
