"""What is packed, and what is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from imbnas.runs.store.archive import unpack
from imbnas.runs.store.directory import RunDirectory
from imbnas.submissions.earlier_runs import earlier_runs
from imbnas.submissions.reading import read_submission
from imbnas.submissions.source_tree import source_tree
from imbnas.units.sealing import seal

from .test_recomputing import improved


def test_it_holds_what_the_board_does_not_have(
    own_submission: Path, own_run: Path, board: Path
) -> None:
    read = read_submission(own_submission)
    run, known = RunDirectory(own_run), RunDirectory(board)
    assert not known.finished()  # a board's records are in its archive
    archive, published = unpack(own_submission), unpack(board / "records.tar.xz")
    held = {name for lines in archive.records.values() for name in lines}
    on_board = {name for lines in published.records.values() for name in lines}
    assert held == run.finished() - on_board
    assert {kind: len(lines) for kind, lines in archive.records.items()} == {
        "adapt": 2, "search": 4, "train": 2,
    }  # fmt: skip
    assert not archive.files
    about = read.about
    assert (about.title, about.author, about.licence) == ("Half frozen", "A. Nonymous", "MIT")
    assert about.added == {"strategies": ("p2(freeze_after_fraction=0.5)",)}
    assert (about.records, about.suite) == (8, "tiny@1/only")
    assert about.software["torch"]


def test_a_plugin_is_packed_as_text(plugin_submission: Path, plugin_run: Path) -> None:
    archive = unpack(plugin_submission)
    assert archive.files == {"plugins/mine.py": (plugin_run / "plugins" / "mine.py").read_bytes()}
    (plugin,) = read_submission(plugin_submission).about.plugins
    assert plugin.name == "mine.py"


def test_the_same_run_gives_the_same_bytes(
    submit, own_run: Path, own_submission: Path, board: Path, tmp_path: Path
) -> None:
    assert submit(own_run, board, tmp_path / "again").returncode == 0
    assert (tmp_path / "again").read_bytes() == own_submission.read_bytes()


def _without_a_record(run: Path) -> None:
    next((run / "records" / "train").glob("*/*.json")).unlink()
    for path in (run / "records" / "adapt").glob("*/*.json"):
        path.unlink()


def _damaged(run: Path) -> None:
    path = next((run / "records" / "adapt").glob("*/*.json"))
    path.write_bytes(path.read_bytes()[:-9])


def _failed(run: Path) -> None:
    path = next((run / "records" / "adapt").glob("*/*.json"))
    RunDirectory(run).publish_failure(path.stem, None, "E", "m")
    path.unlink()


def _other_numbers(run: Path) -> None:
    directory = RunDirectory(run)
    for record in [*directory.records()]:
        if record.unit.kind == "train" and record.unit.model.source == "baseline":
            path = directory.record_path("train", record.identity)
            path.write_bytes(seal(improved(record)))


def _another_version(run: Path) -> None:
    suite = RunDirectory(run).read_suite()
    other = suite.suite.model_copy(update={"version": "2"})
    (run / "suite.json").write_bytes(seal(suite.model_copy(update={"suite": other})))


def _conflict(run: Path) -> None:
    directory = RunDirectory(run)
    directory.keep_conflict(next(directory.records()))


def _other_recipe(run: Path) -> None:
    suite = RunDirectory(run).read_suite()
    text = suite.model_dump_json().replace('"batch_size":32', '"batch_size":16')
    (run / "suite.json").write_bytes(seal(type(suite).model_validate_json(text)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_without_a_record, "are missing, 0 failed"),
        (_damaged, "damaged record"),
        (_failed, "are missing, 1 failed"),
        (_other_numbers, "2 units have other results than on the board"),
        (_another_version, "the board of tiny@1/only"),
        (_other_recipe, "changed since|settings"),
        (_conflict, "have another result"),
    ],
)
def test_a_run_that_is_not_sound_is_refused(
    submit, own_run: Path, board: Path, tmp_path: Path, change: Callable[[Path], None], told: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(own_run, run)
    change(run)
    refused(submit(run, board, tmp_path / "out.imbnas"), told, tmp_path / "out.imbnas")


def refused(done, told: str, out: Path) -> None:
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert any(each in done.stderr for each in told.split("|")), done.stderr
    assert not out.exists()


def test_a_run_without_additions_is_refused(
    submit, finished_run: Path, board: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.imbnas"
    refused(submit(finished_run, board, out), "nothing was added", out)


def test_a_modified_imbnas_is_refused(submit, own_run: Path, board: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.imbnas"
    refused(submit(own_run, board, out, modified=True), "differ from its revision", out)


def test_a_suite_without_board_is_refused(bench_here, own_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.imbnas"
    done = bench_here(
        "submit", own_run, "--title", "x", "--author", "y", "--out", out, cwd=tmp_path
    )
    refused(done, "no board tiny@1/only", out)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--title", "\x1b[31mred"),
        ("--title", "a\u202eb"),
        ("--title", "a\u2066b"),
        ("--title", "=1+1"),
        ("--title", "<b>"),
        ("--title", " "),
        ("--title", "x" * 201),
        ("--author", "-1"),
        ("--author", "@me"),
        ("--author", "a\nb"),
        ("--url", "ftp://x"),
        ("--url", "https://x y"),
        ("--licence", "<MIT>"),
    ],
)
def test_names_that_no_table_can_show_are_refused(
    submit, own_run: Path, board: Path, tmp_path: Path, option: str, text: str
) -> None:
    out = tmp_path / "out.imbnas"
    refused(submit(own_run, board, out, option, text), option[2:], out)


def test_names_of_any_language_are_taken(
    submit, own_run: Path, board: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.imbnas"
    assert submit(own_run, board, out, "--author", "岩澤 & מרים Ångström").returncode == 0
    assert read_submission(out).about.author == "岩澤 & מרים Ångström"


def test_earlier_runs_are_counted_by_name(tmp_path: Path) -> None:
    def run(name: str, added: dict[str, list[str]]) -> Path:
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        (folder / "suite.json").write_text(json.dumps({"added": added}))
        return folder

    mine = run("s@1/mini+mine", {"strategies": ["mine"]})
    run("s@1/mini+mine-2", {"strategies": ["mine(lr=0.1)", "p2"]})
    run("s@2/mini+mine", {"strategies": ["mine"]})
    run("s@1/mini+other", {"strategies": ["other"]})
    run("s@1/mini+ranker", {"rankers": ["mine"]})
    run("s@1/mini", {})
    (tmp_path / "runs" / "s@1" / "broken").mkdir()
    (tmp_path / "runs" / "s@1" / "broken" / "suite.json").write_text("{" * 10_000)
    assert earlier_runs(mine, {"strategies": ["mine(lr=0.2)"]}) == 2


def test_the_source_tree_is_looked_at() -> None:
    source = source_tree()
    assert source.version
    assert source.revision is None or len(source.revision) == 40
