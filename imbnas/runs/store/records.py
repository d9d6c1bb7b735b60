"""The records of a run: published once, and checked whenever they are read."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ValidationError

from imbnas.errors import ImbnasError
from imbnas.regular_files import IrregularFileError, read_regular
from imbnas.runs.store.bulk_reading import read_files
from imbnas.runs.store.files import publish_once
from imbnas.runs.store.layout import RunLayout, record_name
from imbnas.units.frozen import canonical_json
from imbnas.units.record_parser import RecordParser
from imbnas.units.records import Record
from imbnas.units.unit import UNIT_KINDS
from imbnas.validation import first_fault

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


class Records(RunLayout):
    """Reads and publishes records."""

    def publish_record(self, record: Record) -> bool:
        """Store a finished unit's record once; returns whether this call stored it."""
        path = self.record_path(record.unit.kind, record.identity)
        return publish_once(path, canonical_json(record).encode(), self.temporary)

    def read_record(self, kind: str, identity: str) -> Record:
        """Read one record and check that it is what its name says.

        Raises:
            FileNotFoundError: the unit is not finished.
            DamagedRecordError: the file is not that unit's record.
        """
        path = self.record_path(kind, identity)
        content: bytes | OSError
        try:
            content = read_regular(path, RECORD_BYTES, follow=self.follow)
        except OSError as error:
            content = error
        return _checked(str(path), content, Record.model_validate_json)

    def records(
        self, damaged: Callable[[DamagedRecordError], None] | None = None
    ) -> Iterator[Record]:
        """All sound records, in an order that depends on nothing but their names.

        Args:
            damaged: called for each of the others; ``None`` lets the first of them raise.

        Raises:
            DamagedRecordError: a record is damaged and ``damaged`` is ``None``.
            OSError: a file cannot be read.
        """
        parser = RecordParser()
        for kind in UNIT_KINDS:
            files = sorted(self.record_files(kind), key=lambda entry: entry.path)
            for path, content in read_files(files, RECORD_BYTES, follow=self.follow):
                if isinstance(content, FileNotFoundError):
                    if not os.path.lexists(path):
                        continue  # moved aside since it was listed
                    content = IrregularFileError(path, "it is a link that leads nowhere")
                try:
                    yield _checked(path, content, parser.parse)
                except DamagedRecordError as error:
                    if damaged is None:
                        raise
                    damaged(error)

    def damaged_records(self, most: int | None = None) -> list[DamagedRecordError]:
        """Every damaged record; none if the run has more than ``most`` records."""
        damaged: list[DamagedRecordError] = []
        if most is None or len(self.finished()) <= most:
            for _ in self.records(damaged.append):
                pass
        return damaged

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
                yield from (each for each in os.scandir(inner) if each.name.endswith(".json"))


def _checked(path: str, content: bytes | OSError, parse: Callable[[bytes], Record]) -> Record:
    """The record that a file holds."""
    if isinstance(content, IrregularFileError | PermissionError):
        raise DamagedRecordError(Path(path), str(content.strerror))
    if isinstance(content, OSError):
        raise content
    try:
        record = parse(content)
    except ValidationError as error:
        raise DamagedRecordError(Path(path), first_fault(error).message) from None
    if not path.endswith(f"/{record_name(record.unit.kind, record.identity)}"):
        raise DamagedRecordError(Path(path), "it is the record of another unit")
    return record
