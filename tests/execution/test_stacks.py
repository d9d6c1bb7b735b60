"""Replicates that are trained side by side give what they give alone, but for rounding."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.data.streams import evaluation_batches
from imbnas.execution.data_pool import DataPool
from imbnas.execution.runner import Runner
from imbnas.execution.stack import fit_stack
from imbnas.execution.train import UnitSetup, fit_alone, set_up_unit
from imbnas.runs.store.checkpoints import Checkpointing, Suspended
from imbnas.runs.store.directory import RunDirectory
from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.suites.expand import Expansion
from imbnas.training.checkpoints import NothingKept
from imbnas.training.evaluation import finished_predictor
from imbnas.training.fitting import NonFiniteLossError, torch_module
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Record
from imbnas.units.schemes import SchemeSpec
from imbnas.units.stem import Stem
from imbnas.units.unit import TrainUnit

from ..factories import resolve, varied

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


def shortened(stack: list[TrainUnit], **recipe: object) -> list[TrainUnit]:
    short = {"epochs": 1, "steps_per_epoch": 3, "lr": 0.01}
    return [varied(unit, recipe=short | recipe) for unit in stack]


def side_by_side_and_alone(units: list[TrainUnit]) -> Iterator[tuple[UnitSetup, UnitSetup]]:
    """The same trainings, done in one stack and one by one."""
    pool = DataPool(LOCATIONS, torch.device("cpu"))
    stacked = [set_up_unit(unit, pool) for unit in units]
    fit = fit_stack(stacked, NothingKept())
    for place, unit in enumerate(units):
        alone = set_up_unit(unit, pool)
        single = fit_alone(alone, NothingKept())
        assert single.train_loss == pytest.approx(fit.train_losses[place], rel=1e-5)
        assert single.trained_images == fit.trained_images
        yield stacked[place], alone


def state(ready: UnitSetup) -> dict[str, torch.Tensor]:
    return torch_module(ready.training.trainer.network).state_dict()


def assert_equal_within_rounding(one: UnitSetup, other: UnitSetup) -> None:
    of_one, of_other = state(one), state(other)
    assert of_one.keys() == of_other.keys()
    for name, value in of_one.items():
        torch.testing.assert_close(value, of_other[name], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"batch_size": 17},
        {"width": 6},
        {"depth": 2},
        {"stem": Stem(kernel=3, stride=2)},
        {"resolution": 16, "stem": Stem(kernel=4, stride=4), "width": 8},
        {"average_from": 0.3},
    ],
    ids=str,
)
def test_a_stack_gives_the_weights_of_single_trainings_within_rounding(
    stack: list[TrainUnit], recipe: dict[str, object]
) -> None:
    units = shortened(stack, **recipe)
    for stacked, alone in side_by_side_and_alone(units):
        assert_equal_within_rounding(stacked, alone)
        assert stacked.counts == alone.counts


def test_statistics_of_averaged_weights_are_estimated_for_each_network_of_a_stack(
    stack: list[TrainUnit],
) -> None:
    """By its own training images, as they are for a network alone."""
    units = shortened(stack, epochs=2, average_from=0.2, evaluation_batch_size=50)
    for stacked, alone in side_by_side_and_alone(units):
        images = stacked.images.validation
        trained = {name: value.clone() for name, value in state(stacked).items()}
        logits = []
        for ready in (stacked, alone):
            predict = finished_predictor(ready.training)
            batches = evaluation_batches(images, 64)
            logits.append(torch.cat([predict(batch) for batch, _ in batches]))
        assert_equal_within_rounding(stacked, alone)
        torch.testing.assert_close(*logits, rtol=1e-3, atol=1e-4)
        # The first layer's are those of its own images under the averaged weights.
        network = torch_module(stacked.training.trainer.network)
        convolution = network.get_submodule("stem.0")
        batches = evaluation_batches(stacked.training.images, 50)
        means = [convolution(batch).detach().mean((0, 2, 3)) for batch, _ in batches]
        estimated = state(stacked)["stem.1.running_mean"]
        torch.testing.assert_close(estimated, torch.stack(means).mean(0), rtol=1e-3, atol=1e-5)
        assert not torch.allclose(estimated, trained["stem.1.running_mean"], rtol=1e-2)
        assert torch.equal(state(stacked)["stem.0.weight"], trained["stem.0.weight"])


@pytest.mark.parametrize(
    "recipe", [{"average_from": 0.5, "batch_size": 8}, {"stem": Stem(kernel=2, stride=2)}], ids=str
)
def test_stacks_of_any_recipe_leave_records_that_do_not_depend_on_the_others(
    stack: list[TrainUnit], executor: Runner, recipe: dict[str, object]
) -> None:
    units = shortened(stack, **recipe)
    together = executor.execute_stack(units)
    assert [executor.execute(unit).metrics for unit in units] == metrics_of(together)
    space, shape = get_space("nats-tss"), NetworkShape(4, 1, 8, 1, 10, units[0].recipe.stem)
    counts = space.counts(units[0].model.architecture, shape)  # type: ignore[union-attr]
    for record in together:
        assert isinstance(record, Record)
        assert isinstance(record.metrics, TrainMetrics)
        assert (record.metrics.params, record.metrics.macs) == (counts.params, counts.macs)


@pytest.mark.parametrize(
    "scheme",
    [
        resolve_scheme("ce").model_copy(update={"mixing": "mixup"}),
        resolve_scheme("ldam-drw"),
        resolve_scheme("label-smoothing"),
    ],
    ids=["mixup", "ldam", "smoothing"],
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [
        "batch_size = 16",
        "batch_size = 32\nwidth = 8",
        "batch_size = 32\ndepth = 2",
        "batch_size = 32\naverage_from = 0.5",
        "batch_size = 32\nstem = { kernel = 3, stride = 2 }",
        "batch_size = 16\naverage_from = 0\nwidth = 8\nstem = { kernel = 2, stride = 2 }",
    ],
)
def test_a_run_in_stacks_answers_as_one_without_them(
    recipe: str, tmp_path: Path, trainings_suite: Path, bench: Callable[..., Any]
) -> None:
    """But for rounding: an image in a hundred at most, among those of all networks."""
    text, found = trainings_suite.read_text(), []
    before = "batch_size = 32\nwidth = 4\ndepth = 1\n"
    table = "[fidelities.only.network]\nepochs = 2\nsteps_per_epoch = 2\n" + before
    assert text.count(table) == 1
    sizes = {"width": 4, "depth": 1}
    kept = "".join(f"{n} = {size}\n" for n, size in sizes.items() if n not in recipe)
    changed = text.replace(table, table.replace(before, f"{recipe}\n{kept}"))
    for stack in (1, REPLICATES):
        path, run = tmp_path / f"{stack}.toml", tmp_path / f"run-{stack}"
        path.write_text(changed.replace("replicates = 2", f"replicates = 3\nstack = {stack}"))
        done = bench("run", "--suite", path, "--out", run, "--executor", "here")
        assert done.returncode == 0, done.stderr
        records = [r for r in RunDirectory(run).records() if isinstance(r.unit, TrainUnit)]
        found.append(
            {
                (r.unit.model.label, r.unit.data.condition, r.unit.scheme.name): r.metrics
                for r in records
                if isinstance(r.unit, TrainUnit) and isinstance(r.metrics, TrainMetrics)
            }
        )
    alone, stacked = found
    assert alone.keys() == stacked.keys()
    differences = [
        np.abs(np.subtract(alone[key].class_correct, stacked[key].class_correct)).sum()
        for key in alone
    ]
    images = sum(sum(metrics.class_total) for metrics in alone.values())
    assert sum(differences) <= images / 100
    for key, metrics in alone.items():
        assert (metrics.params, metrics.macs) == (stacked[key].params, stacked[key].macs)
