"""Runs of one suite, put together."""

import shutil
from pathlib import Path

import pytest

from imbnas.errors import RefusedDirectoryError
from imbnas.leaderboards.results import Results
from imbnas.runs.merging import merge
from imbnas.runs.store.directory import RunDirectory
from imbnas.units.sealing import seal


def half(finished: Path, folder: Path, kept: int) -> RunDirectory:
    """A copy of a run with every second of its trainings."""
    shutil.copytree(finished, folder)
    run = RunDirectory(folder)
    trainings = sorted(run.finished_of("train"))
    for identity in trainings[1 - kept :: 2]:
        run.record_path("train", identity).unlink()
    return run


def test_two_halves_make_the_whole(finished_run: Path, tmp_path: Path) -> None:
    whole = RunDirectory(finished_run)
    halves = [half(finished_run, tmp_path / str(kept), kept) for kept in (0, 1)]
    out = RunDirectory(tmp_path / "out")
    merged = merge(halves, out)
    assert (merged.conflicts, merged.taken.left) == ([], [])
    assert sum(merged.taken.units.values()) == len(whole.finished())
    assert Results.read(out).records == Results.read(whole).records
    assert merge([whole], out).taken.units == {whole.path: 0}


def test_results_that_differ_are_both_kept_and_told(finished_run: Path, tmp_path: Path) -> None:
    shutil.copytree(finished_run, tmp_path / "other")
    whole, other = RunDirectory(finished_run), RunDirectory(tmp_path / "other")
    identity = min(whole.finished_of("train"))
    record = whole.read_record("train", identity)
    changed = record.model_copy(
        update={"metrics": record.metrics.model_copy(update={"train_loss": 0.125})}
    )
    other.record_path("train", identity).write_bytes(seal(changed))
    out = RunDirectory(tmp_path / "out")
    merged = merge([whole, other], out)
    assert merged.conflicts == [record.unit.label]
    assert out.read_record("train", identity) == record
    assert out.conflicting() == [identity]
    (kept,) = out.conflicts.iterdir()
    assert kept.read_bytes() == seal(changed)
    assert "1 units have another result" in Results.read(out).notes[0]
    # The same again adds nothing.
    merge([whole, other], out)
    assert len([*out.conflicts.iterdir()]) == 1


def test_other_suites_are_refused(finished_run: Path, tmp_path: Path) -> None:
    whole = RunDirectory(finished_run)
    other = RunDirectory(tmp_path / "other")
    suite = whole.read_suite()
    version = suite.suite.model_copy(update={"version": "99"})
    other.store_suite(suite.model_copy(update={"suite": version}))
    with pytest.raises(RefusedDirectoryError, match="@99"):
        merge([whole, other], RunDirectory(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
