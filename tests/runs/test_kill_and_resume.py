"""A run survives being killed at any moment; tables do not depend on how it was done."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from imbnas.leaderboards.tables.build import TABLES

CLOCK_NANOSECONDS = 20_000_000
"""How far a file's time may lie behind the clock."""

MANY = 40
"""Replicates of a run that a signal reaches before it is done, however fast it is."""

LOG_EXECUTIONS = """
import os, sys, time

if "imbnas.runs.worker" in sys.orig_argv:
    from imbnas.execution.runner import Runner

    execute = Runner.execute

    def logged(self, unit):
        descriptor = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{unit.identity} {time.time_ns()}\\n".encode())
        os.close(descriptor)
        return execute(self, unit)

    Runner.execute = logged
"""


def tables_of(run: Path) -> dict[str, bytes]:
    """Every CSV but the one that holds wall-clock figures."""
    return {p.name: p.read_bytes() for p in (run / "tables").glob("*.csv") if p.stem != "cost"}


def metrics_of(run: Path) -> dict[str, str]:
    """Name → result of every record."""
    paths = (run / "records").rglob("*.json")
    return {p.name: json.dumps(json.loads(p.read_bytes())["metrics"]) for p in paths}


def records_of(run: Path) -> dict[str, int]:
    """Name → modification time of every record."""
    return {p.name: p.stat().st_mtime_ns for p in (run / "records").rglob("*.json")}


def test_tables_are_the_same_bytes_for_any_number_of_workers(
    bench, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    """Three here, against one; the tests of executors do the same with two."""
    done = bench("run", "--suite", tiny_suite, "--out", tmp_path / "run", "--workers", "3")
    assert done.returncode == 0, done.stderr
    assert tables_of(tmp_path / "run") == tables_of(finished_run)
    assert len(tables_of(finished_run)) == len(TABLES) - 1


def test_a_second_run_does_nothing(
    bench_here, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    before = records_of(run)
    done = bench_here("run", "--suite", tiny_suite, "--out", run)
    assert done.returncode == 0
    assert records_of(run) == before
    assert tables_of(run) == tables_of(finished_run)


def test_more_replicates_extend_a_run_and_stay(
    bench, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    before = records_of(run)
    done = bench(
        "run", "--suite", tiny_suite, "--out", run, "--part", "transfer", "--replicates", "3",
        "--executor", "here",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    after = records_of(run)
    assert before.items() < after.items()
    assert len(after) == len(before) + 8
    refused = bench("run", "--suite", tiny_suite, "--out", run, "--replicates", "2")
    assert refused.returncode == 2
    assert "holds 3 replicates" in refused.stderr


@pytest.mark.parametrize(
    "kills", [3, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
)
def test_killed_at_random_moments_a_run_ends_as_if_undisturbed(
    bench_here, bench_command, monkeypatch, tmp_path: Path, tiny_suite: Path, finished_run: Path,
    kills: int,
) -> None:  # fmt: skip
    """Single workers and whole families of processes are killed, wherever they are."""
    run, log, rng = tmp_path / "run", tmp_path / "log", random.Random(kills)
    units = len(records_of(finished_run))
    # Python imports this module in every process; a plug-in would show in the checklist.
    (tmp_path / "sitecustomize.py").write_text(LOG_EXECUTIONS.replace("LOG", repr(str(log))))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    flags = ("run", "--suite", tiny_suite, "--out", run, "--workers", "2")
    command = bench_command(*flags, "--checkpoint-every", "0s")
    finished: dict[str, int] = {}
    process, reach = None, 2.0
    for number in range(kills):
        if process is None or process.poll() is not None:
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        if not finished:
            # However slow the machine is, the first kill falls into the run.
            wait_for(lambda: records_of(run))
        # However fast it is, so does the last one.
        most, end = units * (number + 1) // (kills + 8), time.monotonic() + rng.uniform(0, reach)
        while time.monotonic() < end and len(records_of(run)) <= most:
            time.sleep(0.01)
        if rng.random() < 0.5:
            kill_all(process.pid)
            process.wait()
        else:
            kill_a_worker(process.pid, rng)
        now = records_of(run)
        assert finished.items() <= now.items(), "a finished unit was done again"
        # All kills should fall into the run, and not all of them into the start of processes.
        reach = min(reach * (0.7 if len(now) > len(finished) else 1.3), 20.0)
        finished = now
    assert 0 < len(finished) < units
    if process is not None and process.poll() is None:
        kill_all(process.pid)
        process.wait()
    done = bench_here(*flags)
    assert done.returncode == 0, done.stderr
    assert finished.items() <= records_of(run).items()
    assert tables_of(run) == tables_of(finished_run)
    assert computed_in_vain(run, log) == []
    assert list((run / ".tmp").iterdir()) == []
    assert list((run / "claims").iterdir()) == []
    assert list((run / "checkpoints").glob("*")) == []


def test_workers_end_when_their_supervisor_is_killed(
    start, tmp_path: Path, trainings_suite: Path
) -> None:
    run = tmp_path / "run"
    flags = ("--suite", trainings_suite, "--replicates", str(MANY), "--workers", "2")
    process = start("bench", "run", *flags, "--out", run)
    wait_for(lambda: records_of(run))
    workers = psutil.Process(process.pid).children()
    assert len(workers) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=60)
    for worker in alive:
        worker.kill()
    assert alive == []
    assert len(records_of(run)) < 8 * MANY


def test_a_killed_worker_is_replaced_and_its_unit_done(
    start, tmp_path: Path, trainings_suite: Path, finished_run: Path
) -> None:
    run = tmp_path / "run"
    process = start("bench", "run", "--suite", trainings_suite, "--out", run, "--workers", "1")
    wait_for(lambda: (run / "claims").exists() and any((run / "claims").iterdir()))
    for worker in psutil.Process(process.pid).children():
        worker.kill()
    assert process.wait(timeout=300) == 0
    assert len(metrics_of(run)) == 16
    assert metrics_of(run).items() <= metrics_of(finished_run).items()


def test_interrupting_keeps_what_is_finished(start, tmp_path: Path, trainings_suite: Path) -> None:
    run = tmp_path / "run"
    flags = ("--suite", trainings_suite, "--replicates", str(MANY), "--workers", "1")
    process = start("bench", "run", *flags, "--out", run)
    wait_for(lambda: len(records_of(run)) > 2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 130
    assert re.search(r"interrupted; the same command goes on", process.errors())
    assert records_of(run)
    assert list((run / "claims").iterdir()) == []


def computed_in_vain(run: Path, log: Path) -> list[str]:
    """Units that were begun although their record was there."""
    published = records_of(run)
    begun = [line.split() for line in log.read_text().splitlines()]
    return [i for i, when in begun if int(when) > published[f"{i}.json"] + CLOCK_NANOSECONDS]


def wait_for(condition, seconds: float = 120) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def kill_all(pid: int) -> None:
    """Kill a process and its children at once, as a power cut would."""
    with contextlib.suppress(psutil.NoSuchProcess):
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in processes:
            kill(process.pid)


def kill_a_worker(pid: int, rng: random.Random) -> None:
    """Kill one child of a process, if it has any by now."""
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(pid).children()
        if children:
            kill(rng.choice(children).pid)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
