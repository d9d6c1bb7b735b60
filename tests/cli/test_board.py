"""``imbnas-bench board``: what it prints, and what it refuses in one line."""

import json
from pathlib import Path

LEADERBOARDS = Path(__file__).resolve().parents[2] / "leaderboards"


def test_a_site_of_the_published_boards(bench_here, tmp_path: Path) -> None:
    done = bench_here("board", LEADERBOARDS, "--out", tmp_path / "site")
    assert (done.returncode, done.stderr) == (0, "")
    titles = [f"{p.parts[-3]}/{p.parts[-2]}" for p in LEADERBOARDS.glob("*/*/rank_correlation.csv")]
    without = [title for title in titles if not (LEADERBOARDS / title / "records.tar.xz").exists()]
    told = f"{len(titles)} boards, {len(without)} without records\n"
    assert done.stdout == f"{tmp_path / 'site' / 'index.html'}: {told}"
    again = bench_here("board", LEADERBOARDS, "--out", tmp_path / "site", "--json")
    told = json.loads(again.stdout)
    assert sorted(told["boards"]) == sorted(titles)
    assert sorted(told["without_records"]) == sorted(without)
    assert told["links_left_out"] == []


def test_it_refuses_in_one_line_and_changes_nothing(bench_here, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    for arguments, told in (
        ((mine, "--out", tmp_path / "site"), "no board in it"),
        ((LEADERBOARDS / "lt-digits@3", "--out", tmp_path / "site"), "no board in it"),
        ((LEADERBOARDS, "--out", mine), "no site of imbnas"),
        ((LEADERBOARDS, "--out", mine / "notes.txt"), "no folder"),
        ((LEADERBOARDS,), "--out"),
    ):
        done = bench_here("board", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]
