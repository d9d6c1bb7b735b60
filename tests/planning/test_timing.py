"""Shortened units are timed by the code that does whole ones, and stand for them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.execution.data_pool import DataPool
from imbnas.planning.cost import UnitCost, UnitCosts
from imbnas.planning.sample import Sample, Trial
from imbnas.planning.short_data import ShortDataPool
from imbnas.planning.throughput import Pace, seconds, seconds_per_mac
from imbnas.planning.timing import (
    Job,
    Timing,
    TimingError,
    _Attempt,
    _rows,
    time_side_by_side,
)
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.suites.load import load_suite, read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.units.unit import AdaptUnit, SearchUnit, TrainUnit, Unit

LOCATIONS = DataLocations.from_options(offline=True)


@pytest.fixture(scope="module")
def pool() -> DataPool:
    return DataPool(LOCATIONS, torch.device("cpu"))


@pytest.fixture(scope="module")
def mini(pool: DataPool) -> dict[str, Unit]:
    resolved = resolve_suite(SuiteRequest(load_suite("lt-digits"), "mini", LOCATIONS))
    return {unit.identity: unit for unit in Expansion(resolved).plan().units}


def sampled(units: dict[str, Unit], pool: DataPool, device_type: Any = "cpu") -> list[Trial]:
    sample = Sample(units, UnitCosts(pool, units.values()), device_type)
    return sample.trials((unit, 1.0) for unit in units.values())


def test_one_short_unit_of_each_kind_stands_for_a_suite(
    mini: dict[str, Unit], pool: DataPool
) -> None:
    trials = sampled(mini, pool)
    firsts = [trial.units[0] for trial in trials]
    kinds = [unit.kind for unit in firsts]
    # 7 strategies; searches with no heads and with one of them; 4 stacks and 13 baselines.
    assert [kinds.count(kind) for kind in ("supernet", "adapt", "search", "rank", "train")] == [
        1, 7, 2, 0, 17,
    ]  # fmt: skip
    assert {len(trial.units) for trial in trials if trial.places > 1} == {6}
    known = {unit.identity for unit in firsts}
    assert all(set(unit.requires) <= known for unit in firsts)
    assert sum(trial.cost.macs * len(trial.units) for trial in trials if trial.cost) < 1e11


def test_a_gpu_is_given_whole_batches(mini: dict[str, Unit], pool: DataPool) -> None:
    for trial in sampled(mini, pool, "cuda"):
        if isinstance(trial.units[0], TrainUnit):
            assert trial.units[0].recipe.batch_size == 64


def test_short_data_keep_every_class(mini: dict[str, Unit], pool: DataPool) -> None:
    unit = next(unit for unit in mini.values() if isinstance(unit, AdaptUnit))
    images = ShortDataPool.of(pool, 20).images(unit.target, None)
    manifest = images.manifest
    assert manifest.class_counts == (1,) * 10
    assert len(manifest.validation.indices) == len(manifest.test.indices) == 20
    assert pool.images(unit.target, None).manifest.total > 10


def test_a_unit_takes_the_seconds_of_its_trial_and_of_the_steps_that_it_has_more() -> None:
    short = UnitCost(trained=10, head=0, evaluated=20, macs=50, network_macs=1.0)
    whole = UnitCost(trained=110, head=0, evaluated=20, macs=350, network_macs=1.0)
    trial = Trial(("train",), (), short, places=2)
    assert seconds(trial, Timing(7.0, 3.0), whole) == pytest.approx((7 + 300 * 0.1) / 2)
    alone = Trial(("adapt",), (), short, places=1)
    assert seconds(alone, Timing(7.0, 0.0), whole) == pytest.approx(7 * 7)
    of_no_cost = Trial(("adapt",), (), UnitCost(0, 0, 0, 0, 1.0), places=1)
    assert seconds(of_no_cost, Timing(7.0, 0.0), of_no_cost.cost or whole) == 7


def job_of(tiny_suite: Path, pool: DataPool, kinds: tuple[type, ...], tmp_path: Path) -> Job:
    suite = read_suite(tiny_suite)
    plan = Expansion(resolve_suite(SuiteRequest(suite, "only", LOCATIONS))).plan()
    units = {unit.identity: unit for unit in plan.units}
    sample = Sample(units, UnitCosts(pool, units.values()), "cpu")
    trials = sample.trials((unit, 1.0) for unit in units.values() if isinstance(unit, kinds))
    directory = RunDirectory(tmp_path / "run")
    request = RunRequest(suite, "only", LOCATIONS, directory=directory, workers=2)
    return Job(trials, sample.limit, request, ())


def test_two_processes_time_every_trial_and_write_nothing(
    tiny_suite: Path, pool: DataPool, tmp_path: Path
) -> None:
    job = job_of(tiny_suite, pool, (SearchUnit,), tmp_path)
    startup, rows = time_side_by_side(job, 2)
    assert startup > 0
    assert len(rows) >= 2
    assert {len(row) for row in rows} == {len(job.trials)}
    for row in rows:
        for trial, timing in zip(job.trials, row, strict=True):
            assert timing is not None
            untrained = "p0" in trial.units[0].label
            assert (timing.steps > 0) != untrained
            assert timing.whole > timing.steps
    assert list(tmp_path.iterdir()) == []


def test_a_unit_that_fails_is_one_line(tiny_suite: Path, pool: DataPool, tmp_path: Path) -> None:
    job = job_of(tiny_suite, pool, (TrainUnit,), tmp_path)
    unit = job.trials[0].units[0]
    damaged = unit.data.model_copy(update={"dataset_digest": "0" * 64})
    failing = replace(job.trials[0], units=(unit.model_copy(update={"data": damaged}),))
    with pytest.raises(TimingError, match=r"timing 'train .*' in short: InputError: dataset") as e:
        time_side_by_side(job._replace(trials=[failing]), 1)
    assert "\n" not in str(e.value)


class Clock:
    """A clock that only goes on when units are done; stands for ``time`` in ``timing``."""

    def __init__(self) -> None:
        self.now = 0.0
        self.done: list[str] = []

    def perf_counter(self) -> float:
        return self.now

    def measure(self, per_mac: float) -> Callable[[Sequence[Unit]], Timing]:
        def measured(units: Sequence[Unit]) -> Timing:
            unit = units[0]
            assert set(unit.requires) <= set(self.done)
            self.done.append(unit.identity)
            took = per_mac * MACS[unit.identity]
            self.now += took
            return Timing(took, took)

        return measured


MACS: dict[str, int] = {}


def trials_of(units: Sequence[Unit], macs: Sequence[int]) -> list[Trial]:
    MACS.update((unit.identity, each) for unit, each in zip(units, macs, strict=True))
    return [
        Trial((unit.kind, number), (unit,), UnitCost(1, 0, 0, each, 1.0), 1)
        for number, (unit, each) in enumerate(zip(units, macs, strict=True))
    ]


@pytest.mark.parametrize("seconds_given", [0.0, 1.0, 7.0, 40.0, 1000.0])
def test_timing_ends_in_time_and_the_most_important_is_timed_first(
    mini: dict[str, Unit], monkeypatch: pytest.MonkeyPatch, seconds_given: float
) -> None:
    clock = Clock()
    monkeypatch.setattr("imbnas.planning.timing.time", clock)
    units = [unit for unit in mini.values() if unit.kind == "train"][:20]
    # The fifth alone would take 100 seconds.
    trials = trials_of(units, [*range(1, 5), 100, *range(5, 20)])
    job: Any = Job(trials, 1, None, (), seconds_given)  # type: ignore[arg-type]
    rows = _rows(job, 1, 0, clock.measure(1.0))
    assert clock.now <= max(seconds_given, 1.0)
    timed = {n for row in rows for n, timing in enumerate(row) if timing}
    assert 0 in timed
    assert (4 in timed) == (seconds_given == 1000.0)
    assert timed == set(range(len(timed))) - {4} or seconds_given >= 7.0
    assert all(timing in (None, Timing(MACS[units[n].identity], MACS[units[n].identity]))
               for row in rows for n, timing in enumerate(row))  # fmt: skip


@pytest.mark.parametrize("seconds_given", [30.0, 100.0, 1000.0])
def test_what_the_first_of_a_group_loads_is_no_time_of_units(
    mini: dict[str, Unit], monkeypatch: pytest.MonkeyPatch, seconds_given: float
) -> None:
    clock = Clock()
    monkeypatch.setattr("imbnas.planning.timing.time", clock)
    units = [unit for unit in mini.values() if unit.kind == "train"][:20]
    plain = clock.measure(1.0)

    def loading(units: Sequence[Unit]) -> Timing:
        known = units[0].identity in clock.done
        timing = plain(units)
        clock.now += 0 if known else 9
        return timing if known else Timing(timing.whole + 9, timing.steps)

    job: Any = Job(trials_of(units, [1] * 20), 1, None, (), seconds_given)  # type: ignore[arg-type]
    rows = _rows(job, 1, 0, loading)
    assert {timing for row in rows for timing in row if timing} == {Timing(1, 1)}


def test_what_libraries_build_for_new_shapes_is_no_time_of_steps() -> None:
    seconds = iter([0.0, 9.0, 10.0, 11.0, 12.5, 100.0, 101.5])
    attempt = _Attempt((), lambda: next(seconds))
    attempt.open()
    for _ in range(4):  # of 9, 1, 1 and 1.5 seconds
        attempt.offer(lambda: None)
    assert attempt.in_steps == pytest.approx(4 * 3.5 / 3)
    assert attempt.building == pytest.approx(12.5 - 4 * 3.5 / 3)
    attempt.open()  # as after the classifier alone was trained
    attempt.offer(lambda: None)
    assert attempt.in_steps == pytest.approx(5 * 5 / 4)


def test_a_single_epoch_counts_as_it_was() -> None:
    seconds = iter([0.0, 9.0])
    attempt = _Attempt((), lambda: next(seconds))
    attempt.open()
    attempt.offer(lambda: None)
    assert (attempt.in_steps, attempt.building) == (9, 0)


def test_what_builds_on_units_that_there_was_no_time_for_is_not_timed(
    mini: dict[str, Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("imbnas.planning.timing.time", clock)
    adapt = next(unit for unit in mini.values() if isinstance(unit, AdaptUnit))
    train = next(unit for unit in mini.values() if isinstance(unit, TrainUnit))
    trials = trials_of([train, mini[adapt.supernet], adapt], [1, 1000, 1])
    rows = _rows(Job(trials, 1, None, (), 10.0), 1, 0, clock.measure(1.0))  # type: ignore[arg-type]
    assert {n for row in rows for n, timing in enumerate(row) if timing} == {0}


def test_units_that_were_not_timed_are_as_fast_as_others_of_their_kind() -> None:
    cost = UnitCost(trained=10, head=0, evaluated=0, macs=300, network_macs=10.0)
    trials = [
        Trial(("train", "a"), (), cost, places=1),
        Trial(("train", "b"), (), cost, places=1),
        Trial(("search", "c"), (), replace(cost, trained=0, evaluated=30), places=1),
    ]
    rows = (Timing(7.0, 3.0), None, Timing(9.0, 6.0))
    pace = Pace.of(trials, rows)
    bigger = replace(cost, macs=3000)
    # 3 s in steps for 300 multiply-accumulates of trainings, 6 s in candidates for as many.
    assert pace.seconds(("train", "b"), bigger) == pytest.approx(30)
    assert pace.seconds(("search", "d"), bigger) == pytest.approx(60)
    assert pace.seconds(("rank", "e"), bigger) == pytest.approx(45)
    assert pace.seconds(("train", "a"), cost) == pytest.approx(7)
    assert seconds_per_mac(trials[0], Timing(7.0, 3.0)) == pytest.approx(0.01)
