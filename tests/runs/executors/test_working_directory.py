"""No executor's workers import from the working directory."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

EXECUTORS = {
    "local": [],
    "slurm": ["cluster=local", "poll_seconds=0.2"],
    "ray": [],
}


@pytest.mark.parametrize("name", EXECUTORS)
def test_workers_import_nothing_from_there(
    bench_command: Any, nearly: Path, hostile: Path, tiny_suite: Path, name: str
) -> None:  # fmt: skip
    if name != "local":
        pytest.importorskip({"slurm": "submitit", "ray": "ray"}[name])
    given = [part for option in EXECUTORS[name] for part in ("--executor-option", option)]
    command = bench_command(
        "run", "--suite", tiny_suite, "--out", nearly, "--workers", "1", "--executor", name, *given
    )
    done = subprocess.run(command, cwd=hostile, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "from the working directory" not in done.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_script_s_workers_neither(
    bench_here: Any, nearly: Path, hostile: Path, tiny_suite: Path, finished_run: Path
) -> None:
    options = ("--suite", tiny_suite, "--out", nearly)
    assert bench_here("run", *options, "--executor", "script").returncode == 0
    subprocess.run(["bash", nearly / "workers.sbatch"], cwd=hostile, check=True, timeout=300)
    left = {path.name for path in finished_run.glob("records/*/*/*.json")}
    assert {path.name for path in nearly.glob("records/*/*/*.json")} == left
