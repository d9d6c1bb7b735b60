"""Shortened units are timed by the code that does whole ones, and stand for them."""

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
from imbnas.planning.throughput import seconds
from imbnas.planning.timing import Job, Timing, TimingError, time_side_by_side
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
    return sample.trials(units.values())


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
    trials = sample.trials(unit for unit in units.values() if isinstance(unit, kinds))
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
