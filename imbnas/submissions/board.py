"""The board that a submission is for: its own records, and those of submissions it has taken."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from imbnas.errors import InputError
from imbnas.resources import published_folder
from imbnas.runs.store.archive import ARCHIVE
from imbnas.runs.store.archived_run import ArchivedRun
from imbnas.runs.store.submitted import read_submitted
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.records import Record
from imbnas.units.unit import UNIT_KINDS


@dataclass(frozen=True)
class Board:
    """What is known of a suite at a fidelity.

    Attributes:
        path: folder of the board.
        run: its own records.
        submissions: those that it has taken and that were not withdrawn.
    """

    path: Path
    run: ArchivedRun
    submissions: tuple[ArchivedRun, ...] = ()

    @cached_property
    def suite(self) -> ResolvedSuite:
        """The suite as it stands."""
        return self.run.read_suite()

    @cached_property
    def finished(self) -> frozenset[str]:
        """Identities of all units that are known."""
        return frozenset(self._places)

    def record(self, identity: str) -> Record:
        """The record of a finished unit.

        Raises:
            KeyError: it is not known.
            DamagedRecordError: it is damaged.
        """
        run, kind = self._places[identity]
        return run.read_record(kind, identity)

    def run_of(self, identity: str) -> ArchivedRun:
        """What holds the record of a finished unit; ``KeyError`` where nothing does."""
        return self._places[identity][0]

    def records(self) -> Iterator[Record]:
        """All sound records of the suite itself."""
        return self.run.records(lambda _: None)

    @cached_property
    def _places(self) -> dict[str, tuple[ArchivedRun, str]]:
        """Identity → where its record is, and its kind; the board's own come first."""
        places: dict[str, tuple[ArchivedRun, str]] = {}
        for run in (self.run, *self.submissions):
            for kind in UNIT_KINDS:
                for identity in run.finished_of(kind):
                    places.setdefault(identity, (run, kind))
        return places


def find_board(given: Path | None, title: str) -> Board:
    """The board of a suite.

    Args:
        given: its folder or its archive; ``None`` for the one that is at hand, see
            ``imbnas.resources.published_folder``.
        title: ``SUITE@VERSION/FIDELITY``.

    Raises:
        InputError: there is none with its records, or it is that of another suite.
    """
    path = given or published_folder(title)
    if path is None:
        raise InputError(
            f"no board {title} in leaderboards/ here; a submission needs one: run another fidelity "
            "of the suite, or give --board"
        )
    archive = path if path.is_file() else path / ARCHIVE
    if not archive.is_file():
        raise InputError(f"{path}: a board without {ARCHIVE}; give --board one that has it")
    run = ArchivedRun(archive)
    taken = read_submitted(archive.parent, run.read_suite)
    board = Board(archive.parent, run, tuple(each.run for each in taken if not each.withdrawn))
    if board.suite.title != title:
        raise InputError(f"{path}: the board of {board.suite.title}; give --board that of {title}")
    return board
