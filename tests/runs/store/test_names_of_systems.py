"""What systems put into every folder of a run is passed over everywhere."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from imbnas.errors import RefusedDirectoryError
from imbnas.runs.store.checkpoints import remove_spent_checkpoints
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.logs import unit_log

NAMES = (".DS_Store", "lost+found", "._records", ".nfs000000000001", "Thumbs.db", ".Trash-1000")


def sprinkle(run: Path) -> None:
    """A ``._`` file beside every file, and a ``.DS_Store`` in every folder."""
    for path in [run, *run.rglob("*")]:
        if path.is_dir():
            (path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
        else:
            path.with_name(f"._{path.name}").write_bytes(b"\0\5\26\7")


def test_a_sprinkled_run_is_the_same_run(
    bench: Any, bench_here: Any, finished_run: Path, tmp_path: Path, tiny_suite: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    plain = RunDirectory(finished_run)
    directory = RunDirectory(run)
    failed = next(iter(plain.finished()))
    for folder in ("claims", "failures", "checkpoints", "manifests", "quarantine", "conflicts"):
        (run / folder).mkdir(exist_ok=True)
    directory.publish_failure(failed, None, "Error", "message")
    (run / "claims" / f"._{failed}.json").write_bytes(b"")
    sprinkle(run)
    assert directory.finished() == plain.finished()
    assert [*directory.records()] == [*plain.records()]
    assert directory.damaged_records() == []
    assert set(directory.failures()) == {failed}
    assert directory.states().claimed == set()
    assert directory.pins() == []
    assert directory.conflicting() == []
    assert directory.obstacles() == []
    assert not any("cannot be read" in line for line in unit_log(run, failed))
    remove_spent_checkpoints(directory, directory.finished())
    directory.forget_failures()
    for command in ("status", "leaderboard"):
        done = bench_here(command, run, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)
    done = bench("run", "--suite", tiny_suite, "--out", run, "--executor", "here")
    assert done.returncode == 0, done.stderr
    assert not list((run / "quarantine").glob("[!.]*"))


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_holds_only_what_systems_put_there_is_empty(
    tmp_path: Path, finished_run: Path, name: str
) -> None:
    (tmp_path / name).mkdir() if name == "lost+found" else (tmp_path / name).write_bytes(b"")
    suite = RunDirectory(finished_run).read_suite()
    RunDirectory(tmp_path).store_suite(suite)
    assert (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["notes.txt", ".git", "DS_Store", "lost"])
def test_what_people_put_there_is_not(tmp_path: Path, finished_run: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    suite = RunDirectory(finished_run).read_suite()
    with pytest.raises(RefusedDirectoryError, match="not empty and not a run directory"):
        RunDirectory(tmp_path).store_suite(suite)
    assert [path.name for path in tmp_path.iterdir()] == [name]
