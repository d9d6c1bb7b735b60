"""Workers of another imbnas, and what lies in the working directory of those that are started."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import imbnas
from imbnas.runs.installation import (
    OtherInstallationError,
    check_installation,
    own_installation,
    sources_sha256,
    store_installation,
)
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.worker_command import OTHER_IMBNAS

from ..irregular import KINDS, in_time
from ..irregular import put as put_thing

PACKAGE = Path(imbnas.__file__).parent
FAULTY = "raise SystemExit('imported from the working directory')\n"
SHADOWS = ("random", "torch", "numpy", "pydantic", "psutil", "signal", "safetensors", "timm")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A working directory with files named as libraries, and another imbnas."""
    folder = tmp_path / "work"
    (folder / "imbnas" / "runs").mkdir(parents=True)
    for name in ("imbnas/__init__", "imbnas/runs/__init__", *SHADOWS):
        (folder / f"{name}.py").write_text(FAULTY)
    return folder


def records(run: Path) -> int:
    return len(list(run.glob("records/*/*/*.json")))


def test_the_hash_follows_names_and_contents_of_python_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.py").write_text("1\n")
    first = sources_sha256(tmp_path)
    for name in ("a/._b.py", "a/b.pyc", ".hidden/c.py", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("2\n")
    assert sources_sha256(tmp_path) == first
    (tmp_path / "a" / "b.py").rename(tmp_path / "b.py")
    moved = sources_sha256(tmp_path)
    (tmp_path / "b.py").write_text("2\n")
    assert len({first, moved, sources_sha256(tmp_path)}) == 3


def test_workers_are_of_the_imbnas_that_the_run_was_last_started_with(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    check_installation(directory)  # an older run does not say
    store_installation(directory)
    check_installation(directory)
    for change in ({"version": "9.9.9"}, {"sources": "0" * 64}):
        other = own_installation().model_copy(update=change)
        directory.installation_file.write_text(json.dumps(other.model_dump()))
        with pytest.raises(OtherInstallationError, match="start workers with that one"):
            check_installation(directory)
        store_installation(directory)
        check_installation(directory)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_lies_in_its_place_is_replaced(tmp_path: Path, kind: str) -> None:
    directory = RunDirectory(tmp_path)
    put_thing(kind, directory.installation_file)
    with in_time(20):
        if kind != "dangling":
            with pytest.raises(OtherInstallationError, match="imbnas.json: it does not say"):
                check_installation(directory)
        store_installation(directory)
        check_installation(directory)


def test_a_worker_of_another_version_or_source_computes_nothing(nearly: Path) -> None:
    path = nearly / "imbnas.json"
    other = own_installation().model_copy(update={"version": "9.9.9"})
    path.write_text(json.dumps(other.model_dump()))
    before = records(nearly)
    done = subprocess.run(
        [sys.executable, "-m", "imbnas.runs.worker", nearly], capture_output=True, text=True
    )
    assert done.returncode == OTHER_IMBNAS
    assert len(done.stderr.splitlines()) == 1
    assert "9.9.9" in done.stderr
    assert records(nearly) == before


def test_a_changed_copy_of_imbnas_is_refused_in_one_line(nearly: Path, tmp_path: Path) -> None:
    store_installation(RunDirectory(nearly))
    checkout = tmp_path / "checkout"
    shutil.copytree(PACKAGE, checkout / "imbnas", ignore=shutil.ignore_patterns("__pycache__"))
    with (checkout / "imbnas" / "training" / "fitting.py").open("a") as file:
        file.write("\n# changed\n")
    before = records(nearly)
    done = subprocess.run(
        [sys.executable, "-m", "imbnas.runs.worker", nearly],
        cwd=checkout, capture_output=True, text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip
    assert done.returncode == OTHER_IMBNAS, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert str(checkout) in done.stderr
    assert records(nearly) == before


def test_run_goes_on_with_its_own_imbnas_and_binds_later_workers_to_it(
    bench: Any, nearly: Path, tiny_suite: Path
) -> None:
    other = own_installation().model_copy(update={"version": "9.9.9"})
    (nearly / "imbnas.json").write_text(json.dumps(other.model_dump()))
    done = bench("run", "--suite", tiny_suite, "--out", nearly, "--executor", "here")
    assert done.returncode == 0, done.stderr
    check_installation(RunDirectory(nearly))


def test_local_workers_import_nothing_from_the_working_directory(
    bench_command: Any, nearly: Path, tiny_suite: Path, hostile: Path
) -> None:
    done = subprocess.run(
        bench_command("run", "--suite", tiny_suite, "--out", nearly, "--workers", "1"),
        cwd=hostile, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "working directory" not in done.stderr


def test_a_worker_that_is_started_by_hand_imports_nothing_from_there_either(
    nearly: Path, hostile: Path
) -> None:
    shutil.rmtree(hostile / "imbnas")  # Python itself would take that one
    (hostile / "signal.py").unlink()  # as it does this, for ``-m`` alone
    before = records(nearly)
    done = subprocess.run(
        [sys.executable, "-m", "imbnas.runs.worker", nearly],
        cwd=hostile, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert records(nearly) == before + 1
