"""Tables and page of every published board follow from its records, to the byte."""

import shutil
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from imbnas.leaderboards.page_file import LIBRARY
from imbnas.leaderboards.report import write_report
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables
from imbnas.runs.store.archive import ARCHIVE
from imbnas.runs.store.opening import open_run
from imbnas.runs.store.submission_log import LOG
from imbnas.runs.store.submitted import SUBMISSIONS

LEADERBOARDS = Path(__file__).resolve().parents[2] / "leaderboards"
LARGE = 5_000_000
"""Bytes of an archive whose tables take a minute."""


def boards() -> list[object]:
    return [
        pytest.param(
            path.parent,
            id="/".join(path.parts[-3:-1]),
            marks=[pytest.mark.slow] if path.stat().st_size > LARGE else [],
        )
        for path in sorted(LEADERBOARDS.glob(f"*/*/{ARCHIVE}"))
    ]


def files(folder: Path, *suffixes: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in suffixes and path.name != "suite.json"
    }


@pytest.fixture(scope="module", params=boards())
def board(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def again(board: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The board written again from its archive, beside the same chart library."""
    folder = tmp_path_factory.mktemp("leaderboards")
    copy = folder.joinpath(*board.parts[-2:])
    copy.mkdir(parents=True)
    shutil.copy(board / ARCHIVE, copy)
    if (board / LOG).exists():
        shutil.copy(board / LOG, copy)
        shutil.copytree(board / SUBMISSIONS, copy / SUBMISSIONS)
    shutil.copy(LEADERBOARDS / LIBRARY, folder)
    directory = open_run(copy)
    results = Results.read(directory)
    assert not results.damaged
    assert not results.notes
    write_report(results, directory, build_tables(results))
    return copy


def test_tables_are_those_published(board: Path, again: Path) -> None:
    assert files(again, ".csv", ".md", ".json") == files(board, ".csv", ".md", ".json")


def test_the_archive_holds_the_suite_beside_it(board: Path) -> None:
    assert open_run(board).suite_content() == (board / "suite.json").read_bytes()


def test_the_page_is_the_one_published(board: Path, again: Path) -> None:
    if (LEADERBOARDS / LIBRARY).read_text() != get_plotlyjs():
        pytest.skip("the page was written with another version of plotly than the installed one")
    assert files(again, ".html") == files(board, ".html")


def test_every_picture_is_there(board: Path, again: Path) -> None:
    # What matplotlib draws differs by version; what is drawn follows from the tables.
    assert files(again, ".svg", ".png").keys() == files(board, ".svg", ".png").keys()
