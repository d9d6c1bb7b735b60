"""What the run engine costs beyond the trainings: time for each unit, for plans and for a look.

Run with ``pytest benchmark/speed/test_engine.py --benchmark-enable -o addopts=``. The aims, which
the figures are to be read against: 30 ms a unit, 15 s for 300,000 units, 3 s for ``status`` of
100,000 records.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from imbnas.data.locations import DataLocations
from imbnas.runs.queue.queue import Queue
from imbnas.runs.store.checkpoints import Checkpointing
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.worker import Worker
from imbnas.spaces import get_space
from imbnas.spaces.space import EnumerableSpace
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import Member, ResolvedSuite
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Cost, Provenance, Record
from imbnas.units.sealing import seal
from imbnas.units.unit import TrainUnit, Unit

CHECKOUT = Path(__file__).resolve().parents[2]


def suite_of(architectures: int, replicates: int) -> ResolvedSuite:
    """Two trainings of so many cells."""
    suite = read_suite(CHECKOUT / "tests" / "tiny.toml")
    suite = suite.model_copy(update={"parts": {"transfer": suite.parts["transfer"]}})
    locations = DataLocations.from_options(offline=True)
    resolved = resolve_suite(SuiteRequest(suite, "only", locations, replicates=replicates))
    space = get_space("nats-tss")
    assert isinstance(space, EnumerableSpace)
    members = tuple(
        Member(architecture=a, unique_id=a, functional_id=a, params=1, macs=1)
        for a in space.architectures()[:architectures]
    )
    return resolved.model_copy(update={"population": members})


class InstantExecutor:
    """Takes no time, so that everything measured is the engine's."""

    def execute(self, unit: Unit) -> Record:
        return Record(
            identity=unit.identity,
            unit=unit,
            metrics=TrainMetrics(
                class_correct=(1,) * 10, class_total=(80,) * 10, params=1, macs=1, train_loss=0.0
            ),
            # Two epochs of two batches of 32 images, and 800 test images.
            cost=Cost(seconds=0, device="none", images_seen=128 + 800, macs=3 * 128 + 800),
            provenance=Provenance(
                imbnas="0", python="3", torch="2", torchvision="0", timm="1", numpy="2",
                git_revision=None, threads=1, platform="none", utc="2026-01-01T00:00:00+00:00",
            ),
        )  # fmt: skip

    def execute_stack(self, units: Sequence[TrainUnit]) -> list[Record]:
        return [self.execute(unit) for unit in units]


@pytest.mark.parametrize(
    ("architectures", "finished"), [(250, 0), pytest.param(12_500, 99_000, marks=pytest.mark.slow)]
)
def test_engine_for_each_unit(
    benchmark: BenchmarkFixture, tmp_path: Path, architectures: int, finished: int
) -> None:
    """A worker's whole loop, in a small run and at the end of a large one."""
    directory = RunDirectory(tmp_path)
    directory.store_suite(suite_of(architectures, replicates=4))
    queue = Queue(Expansion(directory.read_suite()).plan(), directory)
    units = list(queue.units.values())
    pretend(directory, units[:finished])

    def work() -> float:
        worker = Worker(directory, queue, InstantExecutor(), Checkpointing(directory))
        start = time.perf_counter()
        worker.run()
        return time.perf_counter() - start

    seconds = benchmark.pedantic(work, rounds=1)
    assert len(directory.finished()) == len(units)
    benchmark.extra_info["milliseconds_a_unit"] = 1000 * seconds / (len(units) - finished)


@pytest.mark.slow
def test_expanding_and_hashing_300000_units(benchmark: BenchmarkFixture) -> None:
    resolved = suite_of(15_000, replicates=10)
    plan = benchmark.pedantic(lambda: Expansion(resolved).plan(), rounds=1)
    assert len({unit.identity for unit in plan.units}) == 300_000


@pytest.mark.slow
def test_status_of_100000_records(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.store_suite(suite_of(12_500, replicates=4))
    pretend(directory, list(Expansion(directory.read_suite()).plan().units))
    code = "from imbnas.cli.main import main; main()"
    done = benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, "-c", code, "status", str(tmp_path), "--json"],),
        kwargs={"capture_output": True, "text": True, "check": True},
        rounds=3,
    )
    assert json.loads(done.stdout)["done"] == 100_000


def pretend(directory: RunDirectory, units: list[Unit]) -> None:
    """Leave records of units, without waiting for the disk."""
    executor = InstantExecutor()
    for unit in units:
        path = directory.record_path(unit.kind, unit.identity)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(seal(executor.execute(unit)))
