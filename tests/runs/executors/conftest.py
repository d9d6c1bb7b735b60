"""Orders and runs that the tests of executors share."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.runs.executors.registry import build_executor
from imbnas.runs.queue.queue import Queue, RunProgress
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion


@pytest.fixture
def asked(tmp_path: Path, finished_run: Path) -> RunRequest:
    """Everything of the tiny suite, nothing done yet, four workers."""
    (tmp_path / "run").mkdir()
    shutil.copy(finished_run / "suite.json", tmp_path / "run" / "suite.json")
    directory = RunDirectory(tmp_path / "run")
    locations = DataLocations.from_options(offline=True)
    suite = directory.read_suite().suite
    return RunRequest(suite, "only", locations, directory=directory, workers=4)


def queue_of(asked: RunRequest) -> Queue:
    """All units of the request's directory."""
    return Queue(Expansion(asked.directory.read_suite()).plan(), asked.directory)


def execute(name: str, asked: RunRequest, *options: str) -> RunProgress | None:
    """Run an executor that shows nothing."""
    return build_executor(name, options).run(asked, queue_of(asked), lambda _: None)


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


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A working directory with another imbnas and files that have the names of libraries."""
    folder = tmp_path / "work"
    (folder / "imbnas").mkdir(parents=True)
    names = ("random", "torch", "numpy", "json", "signal", "tempfile", "psutil", "cloudpickle")
    for name in ("imbnas/__init__", *names):
        (folder / f"{name}.py").write_text("raise SystemExit('from the working directory')\n")
    return folder
