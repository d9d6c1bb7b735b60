"""Puts all boards into one static site."""

from dataclasses import dataclass
from pathlib import Path

from plotly.offline import get_plotlyjs

from imbnas.errors import InputError
from imbnas.leaderboards.headline import answer, reservations, strategies_answer
from imbnas.leaderboards.page.glossary import explained
from imbnas.leaderboards.page.templates import asset, environment, style
from imbnas.leaderboards.page_file import LIBRARY
from imbnas.leaderboards.site.boards import PAGE, Board, read_boards
from imbnas.leaderboards.site.files import write_files
from imbnas.leaderboards.site.overview import address, best_grid, board_cell, transfer_grid
from imbnas.regular_files import read_regular

_LARGEST_LIBRARY = 2**27


@dataclass(frozen=True)
class Site:
    """What was written.

    Attributes:
        boards: all that are in it.
        links: what lies in the place of a board and is a link; left out.
    """

    boards: tuple[Board, ...]
    links: tuple[Path, ...]


def write_site(folder: Path, out: Path) -> Site:
    """Write the overview, the boards' own pages and tables, and the chart library once.

    The same boards give the same bytes. Pages of boards are copied as they are.

    Args:
        folder: of all boards.
        out: folder of the site.

    Raises:
        InputError: no board is there, a file of one is not what its name says, or something that
            no site has written is in the way; nothing is written then.
    """
    boards, links = read_boards(folder)
    files = {PAGE: overview(boards).encode()}
    for board in boards:
        pages = {} if board.page is None else {PAGE: board.page}
        for name, content in (pages | dict(board.csvs)).items():
            files[f"{board.folder.parent.name}/{board.folder.name}/{name}"] = content
    if any(board.page is not None for board in boards):
        files[LIBRARY] = _library(folder)
    write_files(out, files)
    return Site(tuple(boards), tuple(links))


def overview(boards: list[Board]) -> str:
    """The page over all boards."""
    known = [board for board in boards if board.has_records]
    older = [board for board in boards if not board.has_records]
    return (
        environment("imbnas.leaderboards.site")
        .get_template("overview.html.j2")
        .render(
            boards=[_described(board, boards) for board in boards],
            best=best_grid("best", known),
            transfer=transfer_grid("transfer", known),
            older=[board.title for board in older],
            older_best=best_grid("older-best", older),
            older_transfer=transfer_grid("older-transfer", older),
            style=style(),
            explained=explained,
            script=asset("tables.js"),
        )
    )


def _described(board: Board, boards: list[Board]) -> dict[str, object]:
    """What stands in the list of boards."""
    newest = next(b for b in boards if (b.suite, b.fidelity) == (board.suite, board.fidelity))
    records = board.provenance.get("records")
    circumstances = board.provenance.get("circumstances")
    last = circumstances.get("last_utc") if isinstance(circumstances, dict) else None
    return {
        "cell": board_cell(board),
        "summary": board.provenance.get("summary", ""),
        "superseded": None if newest is board else newest.title,
        "has_records": board.has_records,
        "records": sum(map(_count, records.values())) if isinstance(records, dict) else 0,
        "last_utc": last,
        "answer": answer(board.tables),
        "strategies": strategies_answer(board.tables),
        "reservations": reservations(board.tables),
        "tables": {name: address(board, name) for name in board.csvs},
    }


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _library(folder: Path) -> bytes:
    """The chart library that the boards' pages share; the installed one where there is none."""
    try:
        return read_regular(folder / LIBRARY, _LARGEST_LIBRARY)
    except FileNotFoundError:
        return str(get_plotlyjs()).encode()
    except OSError as error:
        raise InputError(
            f"{folder / LIBRARY}: {error.strerror or error}; take the file that was published"
        ) from None
