"""A run of two hundred units that a fake executor does, for tests of the engine alone."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from imbnas.runs.queue.queue import Queue
from imbnas.runs.store.directory import RunDirectory
from imbnas.spaces import get_space
from imbnas.suites.expand import Expansion
from imbnas.suites.resolved import Member, ResolvedSuite
from imbnas.units.records import Record
from imbnas.units.unit import DataRef, TrainUnit, Unit

from ..factories import make_record, possible_spending, resolve, train_metrics, varied

ARCHITECTURES = 50


@dataclass(frozen=True)
class FakeExecutor:
    """Writes down which unit it does, takes a while, and gives a record.

    Attributes:
        log: one line an execution: identity, process, time when it began.
        seconds: that an execution takes.
    """

    log: Path
    seconds: float = 0.0

    def execute_stack(self, units: Sequence[TrainUnit]) -> list[Record | Exception]:
        return [self.execute(unit) for unit in units]

    def execute(self, unit: Unit) -> Record:
        line = f"{unit.identity} {os.getpid()} {time.time_ns()}\n".encode()
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, line)
        os.close(descriptor)
        time.sleep(self.seconds)
        assert isinstance(unit, TrainUnit)
        metrics = train_metrics(class_correct=(40,) * 10, class_total=(80,) * 10)
        spent = possible_spending(unit, macs=1, images=0, evaluated=800)
        return make_record(unit, metrics, seconds=self.seconds, **spent)


def executions(log: Path) -> list[tuple[str, int, int]]:
    """Identity, process and time of every execution that was written down."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [(i, int(pid), int(began)) for i, pid, began in map(str.split, lines)]


@pytest.fixture(scope="session")
def two_hundred(trainings_suite: Path) -> ResolvedSuite:
    """Two trainings of fifty cells with two replicates each."""
    members = tuple(
        Member(architecture=a, unique_id=a, functional_id=a, params=1, macs=1)
        for a in get_space("nats-tss").architectures()[:ARCHITECTURES]
    )
    return varied(resolve(trainings_suite), population=members)


@pytest.fixture
def stacked_run(tmp_path: Path, two_hundred: ResolvedSuite) -> RunDirectory:
    """The same with five replicates in stacks of three, which are then not all full."""
    directory = RunDirectory(tmp_path / "stacked")
    directory.store_suite(
        varied(
            two_hundred,
            suite={"fidelities": {"only": {"stack": 3}}},
            settings={"stack": 3},
            replicates=5,
            conditions={
                name: {"replicates": tuple(_replicates(facts.replicates[0], 5))}
                for name, facts in two_hundred.conditions.items()
            },
            population=two_hundred.population[:10],
        )
    )
    return directory


def _replicates(first: DataRef, count: int) -> Iterator[DataRef]:
    for replicate in range(count):
        condition = first.condition.replace("subset-0", f"subset-{replicate}")
        sha256 = hashlib.sha256(condition.encode()).hexdigest()
        yield varied(first, condition=condition, manifest_sha256=sha256)


@pytest.fixture
def fake_run(tmp_path: Path, two_hundred: ResolvedSuite) -> RunDirectory:
    """Its run directory."""
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(two_hundred)
    return directory


def queue_of(directory: RunDirectory) -> Queue:
    """Its units."""
    return Queue(Expansion(directory.read_suite()).plan(), directory)


@pytest.fixture
def nearly(tmp_path: Path, finished_run: Path) -> Path:
    """A run of the tiny suite of which one training is missing."""
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    next(run.glob("records/train/*/*.json")).unlink()
    return run
