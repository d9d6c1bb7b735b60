"""Workers that nobody supervises: they join a run, and they know when to stop."""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from imbnas.runs.deadline import Deadline
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion


def worker(run: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "imbnas.runs.worker", str(run), *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def names(run: Path) -> set[str]:
    return {path.name for path in (run / "records").rglob("*.json")}


@pytest.fixture
def bound(tmp_path: Path, finished_run: Path) -> Path:
    """A run of the tiny suite in which nothing is done yet."""
    (tmp_path / "run").mkdir()
    shutil.copy(finished_run / "suite.json", tmp_path / "run" / "suite.json")
    return tmp_path / "run"


def test_two_workers_from_two_shells_share_a_run(
    start: Any, bound: Path, finished_run: Path
) -> None:
    processes = [start("worker", bound) for _ in range(2)]
    for process in processes:
        assert process.wait(timeout=300) == 0, process.errors()
    assert names(bound) == names(finished_run)
    assert list((bound / "claims").iterdir()) == []
    ended = [
        {line.split()[2] for line in path.read_text().splitlines() if line.split()[1] == "end"}
        for path in (bound / "logs").glob("*.log")
    ]
    assert len(ended) == 2
    assert not ended[0] & ended[1]
    assert all(ended)


def test_a_worker_joins_a_supervised_run(
    start: Any, tmp_path: Path, trainings_suite: Path, finished_run: Path
) -> None:
    run = tmp_path / "run"
    supervised = start("bench", "run", "--suite", trainings_suite, "--out", run, "--workers", "1")
    while not (run / "suite.json").exists():
        time.sleep(0.05)
    joined = start("worker", run)
    assert joined.wait(timeout=300) == 0
    assert supervised.wait(timeout=300) == 0
    assert len(names(run)) == 16
    assert names(run) <= names(finished_run)
    logs = [path.read_text() for path in (run / "logs").glob("*.log")]
    assert len(logs) == 2


def test_a_worker_takes_no_unit_that_its_time_does_not_allow(
    start: Any, tmp_path: Path, finished_run: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    for path in sorted((run / "records" / "train").rglob("*.json"))[:3]:
        path.unlink()
    before = names(run)
    late = start("worker", run, "--until", str(time.time()))
    assert late.wait(timeout=120) == 0
    assert names(run) == before
    early = start("worker", run, "--until", str(time.time() + 3600))
    assert early.wait(timeout=120) == 0
    assert names(run) == names(finished_run)


def test_a_deadline_learns_how_long_units_take(bound: Path, finished_run: Path) -> None:
    plan = Expansion(RunDirectory(bound).read_suite()).plan()
    unit = plan.units[-1]
    assert Deadline(None, RunDirectory(bound)).allows(unit)
    empty = Deadline(time.time() + 60, RunDirectory(bound))
    assert empty.allows(unit)  # nobody knows yet how long it takes
    empty.note(unit, 61)
    assert not empty.allows(unit)
    known = Deadline(time.time(), RunDirectory(finished_run))
    assert not known.allows(unit)
    assert Deadline(time.time() + 600, RunDirectory(finished_run)).allows(unit)


def test_a_wrong_path_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    process = worker(tmp_path / "absent")
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "not a run directory" in errors
    assert list(tmp_path.iterdir()) == []
