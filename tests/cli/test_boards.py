"""Boards: published from a run, read as a run, and taken from."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

import imbnas
from imbnas.data.loading import load_dataset
from imbnas.data.locations import DataLocations
from imbnas.data.manifests import Manifest, write_manifest
from imbnas.data.resolving import resolve
from imbnas.runs.store.archive import ARCHIVE
from imbnas.runs.store.archived_run import ArchivedRun
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.resolved import PluginFile
from imbnas.units.conditions import parse_condition
from imbnas.units.metrics import AdaptMetrics, SupernetMetrics
from imbnas.units.sealing import seal

TITLE = "tiny@1/only"
NO_PICTURES = pytest.mark.usefixtures("no_pictures")


@pytest.fixture(scope="module")
def boards(bench_here, finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of boards that holds the tiny suite's."""
    folder = tmp_path_factory.mktemp("checkout") / "leaderboards"
    done = bench_here("publish", finished_run, "--to", folder, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["board"], told["records"]) == (
        str(folder / TITLE),
        len(RunDirectory(finished_run).finished()),
    )
    assert told["archive_bytes"] == (folder / TITLE / ARCHIVE).stat().st_size
    return folder


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_board_holds_the_records_and_source_supernets(boards: Path, finished_run: Path) -> None:
    run, board = RunDirectory(finished_run), ArchivedRun(boards / TITLE / ARCHIVE)
    assert [*board.records()] == [*run.records()]
    assert board.read_suite() == run.read_suite()
    for record in board.records():
        if isinstance(record.metrics, SupernetMetrics):
            sha256 = record.metrics.weights_sha256
            assert board.read_weights(sha256) == run.read_weights(sha256)
        if isinstance(record.metrics, AdaptMetrics) and record.unit.strategy.name == "p1":
            assert f"weights/{record.metrics.weights_sha256}.safetensors" not in board.archive.files


def test_everything_else_is_written_again_to_the_byte(
    bench_here, boards: Path, tmp_path: Path
) -> None:
    shutil.copytree(boards, tmp_path / "leaderboards")
    board = tmp_path / "leaderboards" / TITLE
    for path in board.rglob("*"):
        if path.is_file() and path.name not in (ARCHIVE, "suite.json"):
            path.unlink()
    for command in ("leaderboard", "report"):
        assert bench_here(command, board).returncode == 0
    assert content(board) == content(boards / TITLE)


def test_an_archive_alone_is_read_too(bench_here, boards: Path, tmp_path: Path) -> None:
    shutil.copy(boards / TITLE / ARCHIVE, tmp_path / "mine.tar.xz")
    done = bench_here("leaderboard", tmp_path / "mine.tar.xz", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    expected = {
        name: text for name, text in content(boards / TITLE).items() if name.endswith(".csv")
    }
    assert {n: t for n, t in content(tmp_path / "out").items() if n.endswith(".csv")} == expected
    assert {path.name for path in tmp_path.iterdir()} == {"mine.tar.xz", "out"}


def test_a_read_only_run_is_shown_elsewhere(bench_here, finished_run: Path, tmp_path: Path) -> None:
    before = content(finished_run)
    for command in ("leaderboard", "report"):
        assert bench_here(command, finished_run, "--out", tmp_path / "out").returncode == 0
    assert content(finished_run) == before
    assert {"index.html", "rank_correlation.csv", "pictures"} <= {
        p.name for p in (tmp_path / "out").iterdir()
    }


def test_status_and_library_read_a_board(bench_here, boards: Path, finished_run: Path) -> None:
    told = [
        json.loads(bench_here("status", p, "--json").stdout) for p in (boards / TITLE, finished_run)
    ]
    assert told[0] == told[1]
    board, run = (imbnas.load_results(path) for path in (boards / TITLE, finished_run))
    assert board.index == run.index
    assert board.records is not None


@NO_PICTURES
@pytest.mark.parametrize("kind", ["fifo", "link", "dangling", "text"])
def test_the_library_takes_the_place_of_whatever_lies_there(
    bench_here, finished_run: Path, tmp_path: Path, kind: str
) -> None:
    to, kept = tmp_path / "boards", tmp_path / "kept"
    to.mkdir()
    library = to / "plotly.min.js"
    if kind == "fifo":
        os.mkfifo(library)
    elif kind == "text":
        library.write_text("another")
    else:
        library.symlink_to(kept)
    if kind == "link":
        kept.write_text("mine")
    assert bench_here("publish", finished_run, "--to", to).returncode == 0
    assert library.is_file()
    assert not library.is_symlink()
    assert library.stat().st_size > 10**6
    assert (kept.read_text() if kind == "link" else not kept.exists()) in ("mine", True)


def pinned(condition: str) -> Manifest:
    wanted = parse_condition(condition)
    locations = DataLocations.from_options(None, (), True)
    return resolve(wanted, load_dataset(wanted.dataset, locations))


@NO_PICTURES
def test_a_board_of_a_board_has_the_same_plugins_and_manifests(
    bench_here, boards: Path, finished_run: Path, tmp_path: Path
) -> None:
    run, manifest = tmp_path / "run", pinned("digits@10x:subset-0")
    shutil.copytree(finished_run, run)
    (run / "manifests").mkdir(exist_ok=True)
    write_manifest(manifest, run / "manifests" / f"{manifest.sha256}.json")
    (run / "plugins").mkdir(exist_ok=True)
    (run / "plugins" / "my own.py").write_text("1 / 0")
    file = PluginFile(name="my own.py", sha256=hashlib.sha256(b"1 / 0").hexdigest())
    resolved = RunDirectory(run).read_suite().model_copy(update={"plugins": (file,)})
    (run / "suite.json").write_bytes(seal(resolved))
    first, second = tmp_path / "first", tmp_path / "second"
    for source, folder in ((run, first), (first / TITLE, second)):
        done = bench_here("publish", source, "--to", folder)
        assert (done.returncode, done.stderr) == (0, "")
        board = ArchivedRun(folder / TITLE / ARCHIVE)
        assert board.pins() == [manifest]
        assert [plugin.text for plugin in board.read_plugins([file])] == [b"1 / 0"]
    assert (first / TITLE / ARCHIVE).read_bytes() == (second / TITLE / ARCHIVE).read_bytes()


def test_tables_without_records_are_refused_and_left_alone(
    bench_here, boards: Path, tmp_path: Path
) -> None:
    shutil.copytree(boards / TITLE, tmp_path / "tables")
    (tmp_path / "tables" / ARCHIVE).unlink()
    before = content(tmp_path)
    for command in ("leaderboard", "report", "status", "publish"):
        done = bench_here(command, tmp_path / "tables")
        assert done.returncode == 2
        assert "published tables without their records" in done.stderr
    assert bench_here("report", tmp_path).returncode == 2
    assert content(tmp_path) == before


@NO_PICTURES
def test_a_run_with_gaps_is_published_only_if_told(
    bench_here, finished_run: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished_run, tmp_path / "run")
    run = RunDirectory(tmp_path / "run")
    run.record_path("train", min(run.finished_of("train"))).unlink()
    refused = bench_here("publish", run.path, "--to", tmp_path / "boards")
    assert refused.returncode == 2
    assert "units are done" in refused.stderr
    assert not (tmp_path / "boards").exists()
    assert (
        bench_here("publish", run.path, "--to", tmp_path / "boards", "--incomplete").returncode == 0
    )
    again = bench_here("publish", finished_run, "--to", tmp_path / "boards")
    assert (again.returncode, "--replace" in again.stderr) == (2, True)
    assert (
        bench_here("publish", finished_run, "--to", tmp_path / "boards", "--replace").returncode
        == 0
    )
    held = ArchivedRun(tmp_path / "boards" / TITLE / ARCHIVE)
    assert held.finished() == RunDirectory(finished_run).finished()
    assert {path.name for path in (tmp_path / "boards" / "tiny@1").iterdir()} == {"only"}


@pytest.mark.usefixtures("known_pace")
def test_a_run_takes_the_records_of_its_board_by_itself(
    bench_here, boards: Path, tiny_suite: Path, finished_run: Path
) -> None:
    checkout = boards.parent
    known = len(RunDirectory(finished_run).finished())
    done = bench_here("run", "--suite", tiny_suite, "--out", "known", cwd=checkout)
    assert done.returncode == 0, done.stderr
    assert f"{known} units taken over from" in done.stderr
    plans = [
        json.loads(bench_here("plan", "--suite", tiny_suite, *more, "--json", cwd=checkout).stdout)
        for more in ((), ("--no-reuse",), ("--reuse", "published"))
    ]
    assert plans[0]["known"] > 0
    assert (plans[1]["known"], plans[2]["known"]) == (0, plans[0]["known"])
    other = bench_here("plan", "--fidelity", "smoke", "--reuse", "published", cwd=checkout)
    assert (other.returncode, "no board lt-digits@3/smoke" in other.stderr) == (2, True)


def test_what_is_added_is_computed_beside_what_is_known(
    bench, bench_here, boards: Path, tiny_suite: Path, finished_run: Path
) -> None:
    checkout = boards.parent
    given = (
        "run",
        "--suite",
        tiny_suite,
        "--strategy",
        "posthoc",
        "--executor",
        "here",
        "--workers",
        "1",
    )
    done = bench(*given, cwd=checkout)
    assert done.returncode == 0, done.stderr
    run = RunDirectory(checkout / "runs" / "tiny@1" / "only+posthoc")
    known = RunDirectory(finished_run).finished()
    assert known < run.finished()
    assert run.read_suite().added == {"strategies": ("posthoc",)}
    table = imbnas.load_results(run.path).tables["adaptation"]
    assert "posthoc" in set(table["strategy"])
    assert set(table["fidelity"]) == {"only + strategies posthoc"}
    refused = bench_here("publish", run.path, "--to", checkout / "more")
    assert (refused.returncode, "as it stands" in refused.stderr) == (2, True)


def test_adaptations_without_weights_are_done_again_where_a_search_needs_them(
    bench, boards: Path, tiny_suite: Path, tmp_path: Path
) -> None:
    run = RunDirectory(tmp_path / "run")
    given = (
        "run",
        "--suite",
        tiny_suite,
        "--out",
        run.path,
        "--executor",
        "here",
        "--workers",
        "1",
    )
    assert bench(*given, cwd=boards.parent).returncode == 0
    p1 = next(r for r in run.records() if r.unit.kind == "adapt" and r.unit.strategy.name == "p1")
    assert not run.has_weights(p1.metrics.weights_sha256)
    for record in [*run.records()]:
        if record.unit.kind == "search" and record.unit.adapted == p1.identity:
            run.record_path("search", record.identity).unlink()
    done = bench(*given, "--no-reuse", cwd=boards.parent)
    assert done.returncode == 0, done.stderr
    assert "is done again, since a search needs its weights" in done.stderr
    assert run.has_weights(p1.metrics.weights_sha256)
    assert run.read_record("adapt", p1.identity).metrics == p1.metrics
