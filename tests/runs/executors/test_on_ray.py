"""A real Ray cluster on this machine."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from imbnas.errors import InputError
from imbnas.runs.request import RunRequest

from .conftest import execute

ray = pytest.importorskip("ray", reason="Ray is not installed")


def workers_of(run: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "imbnas.runs.worker" in command and str(run) in command:
            yield process


def test_the_same_tables_though_workers_are_killed(
    bench_command, tmp_path: Path, tiny_suite: Path, finished_run: Path,
    tables_of: Any, records_of: Any,
) -> None:  # fmt: skip
    run = tmp_path / "run"
    command = bench_command(
        "run", "--suite", tiny_suite, "--out", run, "--workers", "2", "--executor", "ray"
    )
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 200
    while len(records_of(run)) < 4:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    victims = list(workers_of(run))
    for victim in victims:
        victim.send_signal(signal.SIGKILL)
    assert victims
    known = records_of(run)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert "a worker died" in errors
    assert known.items() <= records_of(run).items()
    assert tables_of(run) == tables_of(finished_run)
    assert list((run / "claims").iterdir()) == []
    assert list(workers_of(run)) == []


def test_a_cluster_that_is_not_there_is_told(asked: RunRequest) -> None:
    with pytest.raises(InputError, match="address=127.0.0.1:1: no Ray cluster there"):
        execute("ray", asked, "address=127.0.0.1:1")
