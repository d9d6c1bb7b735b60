"""Workers do stacked units together, each of them once."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from imbnas.runs.queue.claims import Claims
from imbnas.runs.queue.stacks import stacks
from imbnas.runs.store.checkpoints import Checkpointing
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.logs import unit_log, worker_log
from imbnas.runs.unit_tokens import UnitTokens
from imbnas.runs.worker import Worker
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit

from ..factories import varied
from .conftest import FakeExecutor, executions, queue_of
from .test_many_workers import start


@dataclass(frozen=True)
class Together(FakeExecutor):
    """Remembers the replicates of units that it did together; lets one unit fail."""

    failing: str = ""
    groups: list[list[int]] = field(default_factory=list)

    def execute_stack(self, units: Sequence[TrainUnit]) -> list[Record | Exception]:
        self.groups.append([unit.replicate for unit in units])
        done = super().execute_stack(units)
        failure = RuntimeError("no")
        return [
            failure if unit.identity == self.failing else record
            for unit, record in zip(units, done, strict=True)
        ]


def work(run: RunDirectory, failing: str = "", tokens: UnitTokens | None = None) -> Together:
    executor = Together(run.path / "log", failing=failing)
    with worker_log(run.path) as log:
        checkpointing = Checkpointing(run)
        Worker(run, queue_of(run), executor, checkpointing, tokens=tokens, log=log).run()
    return executor


def test_replicates_of_an_architecture_are_done_together(stacked_run: RunDirectory) -> None:
    executor = work(stacked_run)
    assert Counter(map(tuple, executor.groups)) == {(0, 1, 2): 20, (3, 4): 20}
    assert len(stacked_run.finished()) == 100
    assert list(stacked_run.claims.iterdir()) == []


def test_eight_workers_do_a_hundred_stacked_units_once_each(stacked_run: RunDirectory) -> None:
    workers = [start(stacked_run) for _ in range(8)]
    for worker in workers:
        worker.join(timeout=120)
        assert worker.exitcode == 0
    done = executions(stacked_run.path / "log")
    assert len(done) == 100
    assert {identity for identity, *_ in done} == stacked_run.finished()


def test_a_failure_is_that_of_one_unit(stacked_run: RunDirectory) -> None:
    failing = next(iter(queue_of(stacked_run).units))
    work(stacked_run, failing)
    assert stacked_run.failed() == {failing}
    assert len(stacked_run.finished()) == 99


def test_what_is_finished_is_not_done_again_with_the_others(stacked_run: RunDirectory) -> None:
    queue = queue_of(stacked_run)
    first = next(iter(queue.units.values()))
    stacked_run.publish_record(FakeExecutor(stacked_run.path / "other").execute(first))
    executor = work(stacked_run)
    assert executor.groups.count([1, 2]) == 1
    assert len(executions(stacked_run.path / "log")) == 99


def test_a_stack_of_which_another_worker_holds_a_unit_is_left_to_it(
    stacked_run: RunDirectory,
) -> None:
    queue = queue_of(stacked_run)
    first, second, _ = queue.stack_of(next(iter(queue.units.values())))
    claims = Claims(stacked_run)
    stacked_run.claims.mkdir()
    elsewhere = json.dumps(asdict(replace(claims.owner, host="elsewhere")))
    claims.path(second.identity).write_text(elsewhere)
    worker = Worker(
        stacked_run, queue, FakeExecutor(stacked_run.path / "log"), Checkpointing(stacked_run)
    )
    assert not worker._try(first)
    assert [path.stem for path in stacked_run.claims.iterdir()] == [second.identity]


def test_no_more_units_are_begun_than_there_are_tokens(stacked_run: RunDirectory) -> None:
    tokens = UnitTokens.empty()
    tokens.add(4)
    work(stacked_run, tokens=tokens)
    tokens.close()
    assert len(stacked_run.finished()) == 4


def test_every_unit_of_a_stack_has_its_log(stacked_run: RunDirectory) -> None:
    work(stacked_run)
    for unit in list(queue_of(stacked_run).units.values())[:12]:
        lines = unit_log(stacked_run.path, unit.identity)
        assert f"begin {unit.identity}" in lines[1]
        assert f"end {unit.identity} done" in lines[-1]


def test_units_of_a_stack_have_places_of_their_own(stacked_run: RunDirectory) -> None:
    units = [u for u in queue_of(stacked_run).units.values() if isinstance(u, TrainUnit)]
    pinned = varied(units[0], data={"condition": "digits@1x:subset-7"})
    grouped = stacks([*units, pinned])
    assert set(grouped) == {unit.identity for unit in [*units, pinned]}
    for stack in grouped.values():
        places = [unit.replicate % unit.stack for unit in stack]
        assert len(places) == len(set(places))
