"""A run of two hundred units that a fake executor does, for tests of the engine alone."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.runs.queue.queue import Queue
from imbnas.runs.store.directory import RunDirectory
from imbnas.spaces import get_space
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import Member, ResolvedSuite
from imbnas.units.records import Cost, Provenance, Record, TrainMetrics
from imbnas.units.unit import DataRef, TrainUnit, Unit

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
        return Record(
            identity=unit.identity,
            unit=unit,
            metrics=TrainMetrics(
                class_correct=(1,), class_total=(2,), params=1, macs=1, train_loss=0.0
            ),
            cost=Cost(seconds=self.seconds, device="none", images_seen=1, macs=1),
            provenance=Provenance(
                imbnas="0", python="3", torch="2", torchvision="0", timm="1", numpy="2",
                git_revision=None, threads=1, platform="none", utc="2026-01-01T00:00:00+00:00",
            ),
        )  # fmt: skip


def executions(log: Path) -> list[tuple[str, int, int]]:
    """Identity, process and time of every execution that was written down."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [(i, int(pid), int(began)) for i, pid, began in map(str.split, lines)]


@pytest.fixture(scope="session")
def two_hundred(tiny_suite: Path) -> ResolvedSuite:
    """Two trainings of fifty cells with two replicates each."""
    suite = read_suite(tiny_suite)
    suite = suite.model_copy(update={"parts": {"transfer": suite.parts["transfer"]}})
    resolved = resolve_suite(SuiteRequest(suite, "only", DataLocations.from_options(offline=True)))
    members = tuple(
        Member(architecture=a, unique_id=a, functional_id=a, params=1, macs=1)
        for a in get_space("nats-tss").architectures()[:ARCHITECTURES]
    )
    return resolved.model_copy(update={"population": members})


@pytest.fixture
def stacked_run(tmp_path: Path, two_hundred: ResolvedSuite) -> RunDirectory:
    """The same with five replicates in stacks of three, which are then not all full."""
    only = two_hundred.suite.fidelities["only"].model_copy(update={"stack": 3})
    suite = two_hundred.suite.model_copy(update={"fidelities": {"only": only}})
    conditions = {
        name: facts.model_copy(update={"replicates": tuple(_replicates(facts.replicates[0], 5))})
        for name, facts in two_hundred.conditions.items()
    }
    directory = RunDirectory(tmp_path / "stacked")
    directory.store_suite(
        two_hundred.model_copy(
            update={
                "suite": suite, "settings": only, "replicates": 5, "conditions": conditions,
                "population": two_hundred.population[:10],
            }
        )
    )  # fmt: skip
    return directory


def _replicates(first: DataRef, count: int) -> Iterator[DataRef]:
    for replicate in range(count):
        condition = first.condition.replace("subset-0", f"subset-{replicate}")
        yield first.model_copy(update={"condition": condition})


@pytest.fixture
def fake_run(tmp_path: Path, two_hundred: ResolvedSuite) -> RunDirectory:
    """Its run directory."""
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(two_hundred)
    return directory


def queue_of(directory: RunDirectory) -> Queue:
    """Its units."""
    return Queue(Expansion(directory.read_suite()).plan(), directory)
