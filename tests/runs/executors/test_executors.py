"""Executors by name, and their options."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.isolation.launcher import launched
from imbnas.runs.executors.registry import EXECUTORS, build_executor
from imbnas.runs.request import RunRequest
from imbnas.runs.worker_command import worker_command

from .conftest import execute


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("slrum", [], "unknown executor 'slrum'; did you mean 'slurm'"),
        ("slurm", ["minutes"], "write KEY=VALUE"),
        ("slurm", ["minutes=5", "minutes=6"], "'minutes' is given twice"),
        ("slurm", ["minutes=soon"], "--executor-option: executor 'slurm': option 'minutes': "),
        ("slurm", ["minutes=1"], "option 'minutes': .*a whole number in .5, inf"),
        ("slurm", ["minuts=9"], "option 'minuts': unknown option; did you mean 'minutes'"),
        ("slurm", ["cluster=debug"], "executor 'slurm': option 'cluster': "),
        ("script", ["gpus=-1"], "executor 'script': option 'gpus': "),
        ("ray", ["cpus_per_worker=0"], "executor 'ray': option 'cpus_per_worker': "),
        ("local", ["address=here"], "executor 'local': option 'address': unknown option"),
    ],
)
def test_wrong_options_are_told(name: str, options: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_executor(name, options)


def test_every_built_in_executor_is_made_without_options() -> None:
    for name in EXECUTORS.names():
        assert build_executor(name)


def test_the_worker_command_holds_absolute_paths(
    asked: RunRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    locations = DataLocations.from_options("data", ["mine=data"], offline=True)
    command = worker_command(replace(asked, locations=locations, parts=("transfer",)))
    start = launched("imbnas.runs.worker")
    assert command[: len(start)] == start
    assert start[0] == sys.executable
    assert command[len(start) :] == [
        str(tmp_path / "run"),
        "--data-root",
        str(tmp_path / "data"),
        "--dataset",
        f"mine={tmp_path / 'data'}",
        "--offline",
        "--part",
        "transfer",
        "--checkpoint-seconds",
        "60",
    ]


@pytest.mark.parametrize(
    ("executor", "module", "extra"), [("ray", "ray", "ray"), ("slurm", "submitit", "slurm")]
)
def test_a_missing_package_is_one_line_with_the_remedy(
    asked: RunRequest, monkeypatch: pytest.MonkeyPatch, executor: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"pip install 'imbnas\[{extra}\]'"):
        execute(executor, asked)


def test_bad_options_change_nothing_on_disk(bench_here, tmp_path: Path, tiny_suite: Path) -> None:
    done = bench_here(
        "run", "--suite", tiny_suite, "--executor", "slurm", "--executor-option", "minutes=x",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_executors_are_listed(bench_here) -> None:
    listed = json.loads(bench_here("list", "executors", "--json").stdout)["executors"]
    assert [entry["name"] for entry in listed] == ["local", "ray", "script", "slurm"]
