"""The records of a run: published once, and checked whenever they are read."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from imbnas.errors import ImbnasError, InputError
from imbnas.regular_files import IrregularFileError, read_regular
from imbnas.runs.store.bound_suite import BoundSuite
from imbnas.runs.store.bulk_reading import read_files
from imbnas.runs.store.files import publish_once
from imbnas.runs.store.layout import names_identity, record_name
from imbnas.suites.possible_records import PossibleRecords
from imbnas.units.record_parser import RecordParser
from imbnas.units.records import Record
from imbnas.units.sealing import read_sealed, seal
from imbnas.units.unit import UNIT_KINDS
from imbnas.validation import fault_of


def unchecked_note(records: int) -> str:
    """Say that records have no checksum."""
    return f"{records} records have no checksum (written by an older version)"


RECORD_BYTES = 2**26


class DamagedFileError(ImbnasError):
    """A stored file whose content does not match its name or schema."""


class DamagedRecordError(DamagedFileError):
    """A record that cannot be read; ``run`` moves it aside and does its unit again.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(
            f"{path}: damaged record ({fault}); `run` moves it aside and does it again"
        )
        self.path = path


class Records(BoundSuite):
    """Reads and publishes records, which are checked against the suite where there is one."""

    _bound: tuple[tuple[int, ...], PossibleRecords | None] | None = None

    def publish_record(self, record: Record) -> bool:
        """Store a finished unit's record once; returns whether this call stored it."""
        path = self.record_path(record.unit.kind, record.identity)
        return publish_once(path, seal(record), self.temporary)

    def read_record(self, kind: str, identity: str) -> Record:
        """Read one record and check that it is what its name says, and possible.

        Raises:
            FileNotFoundError: the unit is not finished.
            DamagedRecordError: the file is not that unit's record.
        """
        path = self.record_path(kind, identity)
        content: bytes | OSError
        try:
            content = self.record_content(kind, identity)
        except OSError as error:
            content = error
        return _checked(str(path), content, partial(read_sealed, Record), self._possible())[0]

    def record_content(self, kind: str, identity: str) -> bytes:
        """The text of a record; errors are those of ``read_regular``."""
        return read_regular(self.record_path(kind, identity), RECORD_BYTES, follow=self.follow)

    def record_contents(self, kind: str) -> Iterator[tuple[str, bytes | OSError]]:
        """Path and text, or error, of every record of one kind, sorted by path."""
        files = sorted(self.record_files(kind), key=lambda entry: entry.path)
        return read_files(files, RECORD_BYTES, follow=self.follow)

    def records(
        self,
        damaged: Callable[[DamagedRecordError], None] | None = None,
        unchecked: Callable[[str], None] | None = None,
    ) -> Iterator[Record]:
        """All sound records, in an order that depends on nothing but their names.

        Args:
            damaged: called for each of the others; ``None`` lets the first of them raise.
            unchecked: called with the path of each sound record that has no checksum.

        Raises:
            DamagedRecordError: a record is damaged and ``damaged`` is ``None``.
            OSError: a file cannot be read.
        """
        parser, possible = RecordParser(), self._possible()
        for kind in UNIT_KINDS:
            for path, content in self.record_contents(kind):
                if isinstance(content, FileNotFoundError):
                    if not os.path.lexists(path):
                        continue  # moved aside since it was listed
                    content = IrregularFileError(path, "it is a link that leads nowhere")
                try:
                    record, checked = _checked(path, content, parser.parse, possible)
                except DamagedRecordError as error:
                    if damaged is None:
                        raise
                    damaged(error)
                else:
                    if unchecked and not checked:
                        unchecked(path)
                    yield record

    def damaged_records(
        self, most: int | None = None, unchecked: Callable[[str], None] | None = None
    ) -> list[DamagedRecordError]:
        """Every damaged record; none if the run has more than ``most`` records.

        Args:
            most: records that are read.
            unchecked: see ``records``.
        """
        damaged: list[DamagedRecordError] = []
        if most is None or len(self.finished()) <= most:
            for _ in self.records(damaged.append, unchecked):
                pass
        return damaged

    def check_record(self, record: Record) -> None:
        """Make sure that a record is one that the suite of this directory allows.

        Raises:
            ValueError: it is not; says which field.
        """
        possible = self._possible()
        if possible is not None:
            possible.check(record)

    def _possible(self) -> PossibleRecords | None:
        """What the suite allows; ``None`` as long as there is none that can be read."""
        version = self._version()
        if version is None:
            return None
        if self._bound is None or self._bound[0] != version:
            try:
                self._bound = version, PossibleRecords(self.read_suite())
            except InputError:
                self._bound = version, None
        return self._bound[1]

    def _version(self) -> tuple[int, ...] | None:
        """What differs whenever the suite does, which further replicates change."""
        try:
            found = self.suite_file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def move_aside(self, path: Path) -> Path:
        """Move one damaged record to ``quarantine/``; whatever lies there is kept.

        Returns:
            Where it is now.
        """
        return self.set_aside(path, path.parent.parent.name)

    def finished(self) -> set[str]:
        """Identities of all finished units, from file names alone."""
        return {identity for kind in UNIT_KINDS for identity in self.finished_of(kind)}

    def finished_of(self, kind: str) -> Iterator[str]:
        """Identities of the finished units of one kind, in no certain order."""
        return (entry.name.removesuffix(".json") for entry in self.record_files(kind))

    def record_files(self, kind: str) -> Iterator[os.DirEntry[str]]:
        """The records of one kind, in the order in which the file system lists them."""
        folder = self.path / "records" / kind
        for inner in os.scandir(folder) if folder.is_dir() else ():
            if len(inner.name) == 2 and Path(inner.path).is_dir():
                yield from (each for each in os.scandir(inner) if names_identity(each.name))


def _checked(
    path: str,
    content: bytes | OSError,
    parse: Callable[[bytes], tuple[Record, bool]],
    possible: PossibleRecords | None,
) -> tuple[Record, bool]:
    """The record that a file holds, and whether it has a checksum."""
    if isinstance(content, IrregularFileError | PermissionError):
        raise DamagedRecordError(Path(path), str(content.strerror))
    if isinstance(content, OSError):
        raise content
    try:
        record, checked = parse(content)
        if possible is not None:
            possible.check(record)
    except ValueError as error:
        raise DamagedRecordError(Path(path), fault_of(error)) from None
    if not path.endswith(f"/{record_name(record.unit.kind, record.identity)}"):
        raise DamagedRecordError(Path(path), "it is the record of another unit")
    return record, checked
