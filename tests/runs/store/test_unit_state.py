"""One look at the files of a run gives the state of each unit."""

import json
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.runs.queue.claims import Claims
from imbnas.runs.queue.queue import Queue
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.unit_state import UnitState
from imbnas.suites.expand import Chain, Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.units.unit import TrainUnit, Unit

from ..conftest import FakeExecutor, queue_of


def fail(directory: RunDirectory, unit: Unit) -> None:
    directory.publish_failure(unit.identity, unit, "RuntimeError", "no")


def test_states_of_single_trainings(fake_run: RunDirectory) -> None:
    queue = queue_of(fake_run)
    missing, claimed, done, failed, damaged, *_ = queue.units.values()
    Claims(fake_run).acquire(claimed.identity)
    executor = FakeExecutor(fake_run.path / "log")
    fake_run.publish_record(executor.execute(done))
    fake_run.publish_record(executor.execute(damaged))
    fake_run.record_path("train", damaged.identity).write_text("{")
    fail(fake_run, failed)
    # The worker was killed before it could release its claim.
    fake_run.claim_path(failed.identity).write_text(json.dumps({}))
    expected = {
        missing: UnitState.MISSING, claimed: UnitState.CLAIMED, done: UnitState.DONE,
        failed: UnitState.FAILED, damaged: UnitState.DAMAGED,
    }  # fmt: skip
    assert {unit: fake_run.state(unit) for unit in expected} == expected
    assert [u for u in expected if fake_run.state(u).has_ended] == [done, failed, damaged]
    states = queue.states()
    # Only reading shows the damage.
    assert {u: states.of(u.identity) for u in expected} == expected | {damaged: UnitState.DONE}
    assert states.ended == {unit.identity for unit in (done, failed, damaged)}
    progress = queue.progress(states)
    assert (progress.done, progress.failed, progress.blocked, progress.left) == (2, 1, 0, 197)


@pytest.fixture
def chained(tmp_path: Path, tiny_suite: Path) -> tuple[Queue, Chain]:
    resolved = resolve_suite(
        SuiteRequest(read_suite(tiny_suite), "only", DataLocations.from_options(offline=True))
    )
    plan = Expansion(resolved).plan(["adaptation"])
    queue = Queue(plan, RunDirectory(tmp_path / "run"))
    assert not any(isinstance(unit, TrainUnit) for unit in queue.units.values())
    return queue, plan.retrainings[0].chain


def test_what_waits_for_a_failed_unit_is_blocked_down_the_chain(
    chained: tuple[Queue, Chain],
) -> None:
    queue, chain = chained
    total = queue.progress().left
    fail(queue.directory, chain.supernet)
    states = queue.states()
    for unit in (chain.adapt, chain.search, chain.population_scores):
        assert states.of(unit.identity) is UnitState.BLOCKED
    assert queue.directory.state(chain.adapt) is UnitState.BLOCKED
    progress = queue.progress()
    waiting = sum(
        retraining.chain.supernet == chain.supernet for retraining in queue.plan.retrainings
    )
    units = sum(state is UnitState.BLOCKED for state in map(states.of, queue.units))
    assert (progress.failed, progress.blocked) == (1, units + waiting)
    assert progress.left == total - 1 - progress.blocked


def test_a_finished_unit_blocks_nothing_whatever_it_was_built_on(
    chained: tuple[Queue, Chain],
) -> None:
    queue, chain = chained
    directory = queue.directory
    fail(directory, chain.supernet)
    path = directory.record_path("adapt", chain.adapt.identity)
    path.parent.mkdir(parents=True)
    path.touch()
    states = queue.states()
    assert states.of(chain.adapt.identity) is UnitState.DONE
    assert states.of(chain.search.identity) is UnitState.MISSING
