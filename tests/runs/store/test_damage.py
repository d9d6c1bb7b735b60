"""Damaged records, full disks and folders that cannot be written: told, and nothing else harmed."""

import contextlib
import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedRecordError


def tables_of(run: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (run / "tables").glob("*.csv") if p.stem != "cost"}


def records_of(run: Path, kind: str = "*") -> list[Path]:
    return sorted((run / "records").glob(f"{kind}/??/*.json"))


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def damage_records(run: Path) -> list[Path]:
    """One truncated, one that is no text, one under another's name, one that was changed."""
    train = records_of(run, "train")
    search = records_of(run, "search")[0]
    train[0].write_bytes(train[0].read_bytes()[:-30])
    train[1].write_bytes(b"\xff\xfe")
    train[2].write_bytes(train[3].read_bytes())
    changed = json.loads(search.read_text())
    changed["unit"]["replicate"] = 9
    search.write_text(json.dumps(changed))
    return [*train[:3], search]


def test_damaged_records_are_named_and_done_again(
    bench, bench_here, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    damaged = damage_records(run)
    before = content_of(run / "records")
    status = bench_here("status", run, "--json")
    assert status.returncode == 1
    told = json.loads(status.stdout)["damaged"]
    assert len(told) == 4
    shown = bench_here("leaderboard", run, "--json")
    assert shown.returncode == 1
    for path in damaged:
        assert str(path) in status.stderr
        assert str(path) in shown.stderr
    correlations = json.loads(shown.stdout)["tables"]["rank_correlation"]
    assert sum(row["n_missing"] for row in correlations) > 0
    assert content_of(run / "records") == before
    done = bench("run", "--suite", tiny_suite, "--out", run, "--executor", "here")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("damaged record") == 4
    assert tables_of(run) == tables_of(finished_run)
    assert RunDirectory(run).damaged_records() == []
    kept = {path.read_bytes() for path in (run / "quarantine").iterdir()}
    assert kept == {before[str(path.relative_to(run / "records"))] for path in damaged}


def test_a_record_in_another_place_is_damaged(tmp_path: Path, finished_run: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    directory = RunDirectory(run)
    first = records_of(run, "train")[0]
    elsewhere = run / "records" / "adapt" / first.parent.name / first.name
    elsewhere.parent.mkdir(exist_ok=True)
    first.rename(elsewhere)
    assert [error.path for error in directory.damaged_records()] == [elsewhere]
    with pytest.raises(DamagedRecordError, match="of another unit"):
        directory.read_record("adapt", first.stem)


def test_a_folder_in_the_place_of_a_record_is_damaged(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    path = directory.record_path("train", "a" * 64)
    (path / "inside").mkdir(parents=True)
    (error,) = directory.damaged_records()
    assert "it is a folder" in str(error)
    assert (directory.move_aside(error.path) / "inside").is_dir()


def test_quarantine_keeps_everything_that_was_ever_put_there(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    path = directory.record_path("train", "a" * 64)
    path.parent.mkdir(parents=True)
    for content in ("first", "second"):
        path.write_text(content)
        directory.move_aside(path)
    assert {p.read_text() for p in directory.quarantine.iterdir()} == {"first", "second"}
    assert not path.exists()


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own that holds hardly anything."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def test_a_full_disk_is_told_and_harms_nothing(
    bench, bench_here, tmp_path: Path, trainings_suite: Path
) -> None:
    flags = ("--suite", trainings_suite, "--replicates", "1")
    with small_disk(tmp_path / "disk", "32k") as disk:
        run = disk / "run"
        done = bench("run", *flags, "--out", run, "--workers", "1")
        assert done.returncode == 1, done.stderr
        assert "No space left on device" in done.stderr
        assert "Traceback" not in done.stderr
        assert 0 < len(records_of(run)) < 8
        assert RunDirectory(run).damaged_records() == []
        assert not list((run / ".tmp").iterdir())
        kept = content_of(run / "records")
        remount(disk, "size=20m")
        again = bench("run", *flags, "--out", run, "--executor", "here")
        assert again.returncode == 0, again.stderr
        assert kept.items() <= content_of(run / "records").items()
        assert len(records_of(run)) == 8
        remount(disk, "ro")
        before = content_of(run)
        refused = bench_here("run", *flags, "--out", run, "--replicates", "2")
        assert refused.returncode != 0
        assert "Read-only file system" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert content_of(run) == before


@contextlib.contextmanager
def file_size_limit(pid: int, size: int) -> Iterator[None]:
    """What a process starts within the block writes no larger files."""
    _, most = held = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, held)


def test_a_file_size_limit_is_told_and_harms_nothing(
    command_server, bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_suite: Path
) -> None:
    run = tmp_path / "run"
    # A compiled module that does not fit would stay cut off in the checkout.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    flags = ("--suite", tiny_suite, "--out", run, "--workers", "1", "--only", "supernet*")
    assert bench("list").returncode == 0  # the server has imported what it needs
    with file_size_limit(command_server.pid, 30_000):  # records fit, weights do not
        done = bench("run", *flags)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert records_of(run) == []
    assert not list((run / "weights").rglob("*.safetensors"))
    assert not list((run / ".tmp").iterdir())
    assert not list((run / "failures").glob("*")) if (run / "failures").exists() else True


AS_ROOT = os.geteuid() == 0
WITHOUT_POWER = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
"""Starts a command for which permissions hold, though root gave it."""


@pytest.mark.skipif(AS_ROOT and shutil.which("setpriv") is None, reason="root may write anywhere")
def test_a_folder_without_permission_is_told(
    bench_command, tmp_path: Path, trainings_suite: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir(mode=0o555)
    command = bench_command("run", "--suite", trainings_suite, "--out", run)
    if AS_ROOT:
        command = [*WITHOUT_POWER, *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2
    assert "Permission denied" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(run.iterdir()) == []
