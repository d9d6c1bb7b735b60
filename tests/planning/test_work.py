"""The work of a run is what its records say in the end, and grows with what workers report."""

from dataclasses import replace
from pathlib import Path

import pytest

from imbnas.planning.work import RunWork
from imbnas.runs.queue.queue import Queue, RunProgress
from imbnas.runs.queue.running_units import Running
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.units.unit import AdaptUnit, Component, TrainUnit

BEGUN = RunProgress(1, 0, 0, 0)


@pytest.fixture
def work(expansion: Expansion, tmp_path: Path) -> RunWork:
    return RunWork(Queue(expansion.plan(), RunDirectory(tmp_path)))


def test_a_run_that_is_done_has_done_all_of_its_work(finished_run: Path) -> None:
    directory = RunDirectory(finished_run)
    queue = Queue(Expansion(directory.read_suite()).plan(), directory)
    at = RunWork(queue).at(queue.progress())
    assert at.done == at.total
    # Trainings are counted exactly, all else as is expected of it.
    recorded = sum(record.cost.macs for record in directory.records())
    assert at.total == pytest.approx(recorded, rel=0.2)


def test_a_unit_that_is_half_done_has_done_half_of_its_work(work: RunWork) -> None:
    unit = next(unit for unit in work.queue.units.values() if isinstance(unit, TrainUnit))
    nothing = work.at(BEGUN)
    assert nothing.done == 0
    running = (Running(unit.identity, "", "here", 1, 0.0, "epoch 1 of 2", 0.5),)
    half = work.at(replace(BEGUN, running=running)).done
    whole = work.at(replace(BEGUN, finished={unit.identity})).done
    assert half == whole / 2 > 0
    never = work.at(replace(BEGUN, never={unit.identity}))
    assert nothing.total - never.total == whole


def test_units_of_unknown_cost_count_as_others_of_their_kind(
    expansion: Expansion, tmp_path: Path
) -> None:
    plan, foreign = expansion.plan(), Component(name="of-a-plugin", version="1")
    units = tuple(
        unit.model_copy(update={"strategy": foreign})
        if isinstance(unit, AdaptUnit) and unit.strategy.name == "p0"
        else unit
        for unit in plan.units
    )
    known, at = (
        RunWork(Queue(each, RunDirectory(tmp_path))).at(BEGUN)
        for each in (plan, replace(plan, units=units))
    )
    # ``p0`` costs nothing, so that what stands for it is more.
    assert at.total > known.total > 0


def test_an_older_suite_that_says_too_little_has_no_work(
    expansion: Expansion, tmp_path: Path
) -> None:
    older = Expansion(expansion.resolved.model_copy(update={"evaluation_images": {}}))
    at = RunWork(Queue(older.plan(), RunDirectory(tmp_path))).at(BEGUN)
    assert at.total == at.done == 0
