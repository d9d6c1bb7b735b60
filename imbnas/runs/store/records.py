"""The record files of a run: where each lies, and what is in it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ValidationError

from imbnas.errors import ImbnasError
from imbnas.runs.store.bulk_reading import read_files
from imbnas.units.record_parser import RecordParser
from imbnas.units.records import Record
from imbnas.units.unit import UNIT_KINDS
from imbnas.validation import first_fault

_PREFIX = 2
"""First characters of an identity that name its record's folder."""
_SUFFIX = ".json"


class DamagedFileError(ImbnasError):
    """A stored file whose content does not match its name or schema."""


class DamagedRecordError(DamagedFileError):
    """A record that cannot be read; ``run`` moves it aside and does its unit again.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path}: damaged record ({fault}); `run` moves it aside and does it anew")
        self.path = path


def record_name(kind: str, identity: str) -> str:
    """Path of a record within the folder of all records."""
    return f"{kind}/{identity[:_PREFIX]}/{identity}{_SUFFIX}"


def read_record(folder: Path, kind: str, identity: str) -> Record:
    """Read one record and check that it is what its name says.

    Args:
        folder: of all records.
        kind: of the unit.
        identity: of the unit.

    Raises:
        FileNotFoundError: there is none.
        DamagedRecordError: the file is not that unit's record.
    """
    path = folder / record_name(kind, identity)
    try:
        content = path.read_bytes()
    except IsADirectoryError:
        raise DamagedRecordError(path, "it is a folder") from None
    return _checked(str(path), kind, content, Record.model_validate_json)


def read_records(
    folder: Path, damaged: Callable[[DamagedRecordError], None] | None = None
) -> Iterator[Record]:
    """All sound records of a folder, in an order that depends on nothing but their names.

    Args:
        folder: of all records.
        damaged: called for each of the others; ``None`` lets the first of them raise.

    Raises:
        DamagedRecordError: a record is damaged and nobody is to be told.
        OSError: a file cannot be read.
    """
    parser = RecordParser()
    for kind in UNIT_KINDS:
        files = sorted(record_files(folder, kind), key=lambda entry: entry.path)
        for path, content in read_files(files):
            try:
                yield _checked(path, kind, content, parser.parse)
            except DamagedRecordError as error:
                if damaged is None:
                    raise
                damaged(error)


def record_files(folder: Path, kind: str) -> Iterator[os.DirEntry[str]]:
    """The records of one kind, in the order in which the file system lists them."""
    place = folder / kind
    for inner in os.scandir(place) if place.is_dir() else ():
        if len(inner.name) == _PREFIX and inner.is_dir():
            yield from (each for each in os.scandir(inner) if each.name.endswith(_SUFFIX))


def stored_identities(folder: Path, kind: str) -> Iterator[str]:
    """Identities of all records of one kind, from file names alone."""
    return (entry.name.removesuffix(_SUFFIX) for entry in record_files(folder, kind))


def _checked(
    path: str, kind: str, content: bytes | OSError, parse: Callable[[bytes], Record]
) -> Record:
    """The record that a file among those of a kind holds."""
    if isinstance(content, IsADirectoryError):
        raise DamagedRecordError(Path(path), "it is a folder")
    if isinstance(content, OSError):
        raise content
    try:
        record = parse(content)
    except ValidationError as error:
        raise DamagedRecordError(Path(path), first_fault(error).message) from None
    if record.unit.kind != kind or not path.endswith(record_name(kind, record.identity)):
        raise DamagedRecordError(Path(path), "it is the record of another unit")
    return record
