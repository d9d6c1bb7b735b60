"""Orders and runs that the tests of executors share."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.runs.executors.executor import Order
from imbnas.runs.queue.queue import Queue
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expansion import Expansion


@pytest.fixture
def order(tmp_path: Path, finished_run: Path) -> Order:
    """Everything of the tiny suite, nothing done yet, four workers."""
    (tmp_path / "run").mkdir()
    shutil.copy(finished_run / "suite.json", tmp_path / "run" / "suite.json")
    directory = RunDirectory(tmp_path / "run")
    plan = Expansion(directory.read_suite()).plan()
    return Order(Queue(plan, directory), None, DataLocations.from_options(offline=True), 4)


@pytest.fixture
def records_of() -> Callable[[Path], dict[str, int]]:
    """Name → modification time of every record of a run."""

    def read(run: Path) -> dict[str, int]:
        return {p.name: p.stat().st_mtime_ns for p in (run / "records").rglob("*.json")}

    return read


@pytest.fixture
def tables_of() -> Callable[[Path], dict[str, bytes]]:
    """Every CSV of a run but the one that holds wall-clock figures."""

    def read(run: Path) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (run / "tables").glob("*.csv") if p.stem != "cost"}

    return read
