"""Commands that read: on the boards of the checkout, on unfinished runs, on what is read-only."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import imbnas
from imbnas.errors import InputError
from imbnas.runs.store.archive import ARCHIVE

CHECKOUT = Path(__file__).resolve().parents[2]
BOARDS = sorted(path.parent for path in CHECKOUT.glob("leaderboards/*/*/rank_correlation.csv"))
TABLES = [board for board in BOARDS if not (board / ARCHIVE).exists()]
TITLES = [path.relative_to(CHECKOUT / "leaderboards").as_posix() for path in BOARDS]
READING = ("leaderboard", "report", "status", "publish")


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_there_are_boards_to_read() -> None:
    assert {"lt-digits@1/mini", "lt-digits@2/mini", "lt-digits@3/mini"} <= set(TITLES)
    assert len(TABLES) >= 2


@pytest.mark.parametrize("board", BOARDS, ids=TITLES)
def test_results_of_every_board_of_the_checkout_are_loaded_and_asked(board: Path) -> None:
    results = imbnas.load_results(str(board))
    assert len(results.accuracies) == len(results.index) > 0
    for key, held in results.index.items():
        assert imbnas.query(*key, results) == held
        assert held.mean is None or 0 <= held.mean <= 100
    assert not results.tables["rank_correlation"].empty


@pytest.mark.parametrize("board", TABLES, ids=lambda board: board.parent.name)
def test_boards_of_tables_alone_are_no_runs(bench_here: Any, board: Path, tmp_path: Path) -> None:
    before = content(board)
    for command in READING:
        out = ("--to", tmp_path / "to") if command == "publish" else ()
        done = bench_here(command, board, *out)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "published tables without their records" in done.stderr
    with pytest.raises(InputError, match="published tables without their records"):
        imbnas.load_benchmark(board)
    assert content(board) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [0, 1, 5, 20])
def test_an_unfinished_run_is_loaded_and_shown(
    bench_here: Any, finished_run: Path, tmp_path: Path, kept: int
) -> None:
    run = tmp_path / "run"
    shutil.copytree(
        finished_run, run, ignore=shutil.ignore_patterns("tables", "pictures", "*.html")
    )
    for path in sorted(run.glob("records/*/*/*.json"))[kept:]:
        path.unlink()
    results = imbnas.load_results(run)
    assert len(results.accuracies) == len(results.index)
    for key in results.index:
        imbnas.query(*key, results)
    for command in ("leaderboard", "report", "status"):
        done = bench_here(command, run)
        assert done.returncode == 0, done.stderr
        assert bench_here(command, run, "--json").returncode == 0


def read_only(run: Path, *command: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a command where a run cannot be written, whoever runs it."""
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    words = ["unshare", "--mount", "sh", "-c", script, run, *command]
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=300)


CAN_UNSHARE = shutil.which("unshare") is not None and os.geteuid() == 0


@pytest.mark.skipif(not CAN_UNSHARE, reason="only root mounts")
def test_what_only_reads_works_on_a_run_that_cannot_be_written(
    finished_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    before = content(run)
    code = """
import contextlib, io, json, sys
from imbnas.cli import main
run, out, *_ = sys.argv[1:]
for arguments in (
    ["leaderboard", run, "--json"], ["leaderboard", run], ["leaderboard", run, "--out", out + "/a"],
    ["report", run, "--out", out + "/b"], ["status", run, "--json"],
    ["export", run, "--out", out + "/t.csv"], ["publish", run, "--to", out + "/boards"],
    ["report", run],
):
    printed, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(told):
        try:
            main(arguments)
        except SystemExit as end:
            status = end.code
    print(json.dumps([arguments[0], status, printed.getvalue()[:200], told.getvalue()]))
"""
    done = read_only(run, sys.executable, "-P", "-c", code, run, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    *shown, refused = map(json.loads, done.stdout.splitlines())
    assert [status for _, status, _, _ in shown] == [0] * 7, shown
    assert "not written (Read-only file system); --out DIR" in shown[0][3]
    assert "Leaderboards:" not in shown[1][2]
    assert shown[2][3] == ""
    assert refused[1] == 2
    assert len(refused[3].splitlines()) == 1
    assert content(run) == before
