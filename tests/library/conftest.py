"""A folder to try the library in, as examples expect it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

TRAIN = (
    "train", "--baseline", "cifar_resnet8_w4", "--condition", "digits@20x", "--recipe",
    "lt-digits/smoke", "--save", "net",
)  # fmt: skip


@pytest.fixture(scope="session")
def made(
    tmp_path_factory: pytest.TempPathFactory, finished_run: Path, tiny_suite: Path, bench_here: Any
) -> Path:
    """``mine.toml``, its finished run ``runs/mine`` and a saved network ``net``."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copy(tiny_suite, folder / "mine.toml")
    shutil.copytree(finished_run, folder / "runs" / "mine")
    done = bench_here(*TRAIN, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def workplace(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the working directory."""
    folder = tmp_path / "workplace"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    return folder
