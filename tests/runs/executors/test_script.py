"""The sbatch script, run by bash as SLURM would."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imbnas.runs.request import RunRequest
from imbnas.units.unit import Computation

from .conftest import execute


def written(asked: RunRequest, *options: str) -> Path:
    assert execute("script", asked, *options) is None
    return asked.directory.path / "workers.sbatch"


def test_the_script_asks_for_what_was_asked(asked: RunRequest) -> None:
    lines = written(asked, "minutes=60", "partition=day", "gpus=2").read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    assert {
        "#SBATCH --array=0-3", "#SBATCH --time=60", "#SBATCH --partition=day",
        "#SBATCH --gres=gpu:2", "#SBATCH --requeue", "#SBATCH --signal=B:TERM@120",
    } <= set(lines)  # fmt: skip
    assert not any("account" in line for line in lines)
    cuda = Computation(device_type="cuda", precision="float32")
    assert "#SBATCH --gres=gpu:1" in written(replace(asked, computation=cuda)).read_text()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say(asked: RunRequest) -> None:
    script = written(asked, "partition=day and night")
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_runs_a_worker_that_does_everything(
    bench_here,
    tmp_path: Path,
    tiny_suite: Path,
    finished_run: Path,
    tables_of: Any,
    records_of: Any,
) -> None:
    run = tmp_path / "a run"
    options = ("--suite", tiny_suite, "--out", run)
    done = bench_here("run", *options, "--executor", "script")
    assert done.returncode == 0, done.stderr
    assert f"sbatch '{run}/workers.sbatch'" in done.stderr
    assert not (run / "records").exists()
    subprocess.run(
        ["bash", run / "workers.sbatch"],
        env=os.environ | {"SLURM_ARRAY_TASK_ID": "0"},
        check=True,
        timeout=300,
    )
    known = records_of(run)
    assert known.keys() == records_of(finished_run).keys()
    assert bench_here("run", *options).returncode == 0
    assert records_of(run) == known
    assert tables_of(run) == tables_of(finished_run)
    assert sys.executable in (run / "workers.sbatch").read_text()
