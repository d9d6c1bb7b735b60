"""Submissions as they should be."""

import json
import shutil
from pathlib import Path

import pytest


def test_a_sound_submission_is_verified(bench_here, own_submission: Path, board: Path) -> None:
    done = bench_here("verify", own_submission, "--board", board)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "verified"
    assert " failed " not in done.stdout
    assert " not checked " not in done.stdout


def test_a_plugin_is_read_and_not_run(
    bench, plugin_submission: Path, board: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMBNAS_TEST_CANARY", str(tmp_path / "canary"))
    done = bench("verify", plugin_submission, "--board", board, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["verified"]
    outcomes = {check["name"]: check["outcome"] for check in told["checks"]}
    assert outcomes.pop("cost") == "not checked"
    assert set(outcomes.values()) == {"ok"}
    assert not (tmp_path / "canary").exists()


def test_the_board_is_found_and_named(
    bench_here, own_submission: Path, board: Path, tmp_path: Path
) -> None:
    shutil.copytree(board.parents[1], tmp_path / "leaderboards")
    assert bench_here("verify", own_submission, cwd=tmp_path).returncode == 0
    lost = bench_here("verify", own_submission, "--board", tmp_path)
    assert (lost.returncode, lost.stdout, lost.stderr.count("\n")) == (2, "", 1)
    assert "records.tar.xz" in lost.stderr


def test_what_was_taken_already_is_known(
    bench_here, own_submission: Path, board: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "board"
    shutil.copytree(board, copied)
    assert bench_here("accept", own_submission, "--board", copied).returncode == 0
    done = bench_here("verify", own_submission, "--board", copied)
    assert done.returncode == 0, done.stdout
    assert "8 are on the board already, with the same numbers" in done.stdout


@pytest.mark.parametrize(
    "added",
    [
        ("--ranker", "naswot"),
        ("--baseline", "resnet18"),
        ("--scheme", "balanced-softmax"),
        ("--condition", "digits@20x ldam"),
        ("--strategy", "p1-cached", "--strategy", "bn-only"),
    ],
)
@pytest.mark.slow
def test_every_kind_of_addition_is_verified_and_recomputed(
    bench, made_run, submit, board: Path, tmp_path: Path, added: tuple[str, ...]
) -> None:
    out = tmp_path / "x.imbnas"
    sent = submit(made_run(*added), board, out)
    assert sent.returncode == 0, sent.stderr
    done = bench("verify", out, "--board", board, "--recompute", "3", "--executor", "here")
    assert done.returncode == 0, (done.stdout, done.stderr)
