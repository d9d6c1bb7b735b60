"""Opens a run for reading, wherever its records lie."""

import os
from pathlib import Path

from imbnas.errors import InputError
from imbnas.runs.store.archive import ARCHIVE
from imbnas.runs.store.archived_run import ArchivedRun
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.submitted import BoardRun


def has_records(path: Path) -> bool:
    """Whether a run, which may have no record yet, or a published one can be read from a path."""
    if path.is_file() or os.path.lexists(path / ARCHIVE):
        return True
    return os.path.lexists(path / "suite.json") and not _is_published_without(path)


def open_run(path: Path, *, out: Path | None = None, follow: bool = False) -> RunDirectory:
    """A run directory, the folder of a board, or the archive of one.

    Args:
        path: of any of them.
        out: folder for tables, page and pictures; their own by default.
        follow: whether links may stand in the place of a run directory's files.

    Raises:
        InputError: it is none of them, or published tables without their records.
    """
    if path.is_file():
        return ArchivedRun(path, out)
    if os.path.lexists(path / ARCHIVE):
        return BoardRun(path, out)
    if _is_published_without(path):
        raise InputError(
            f"{path}: published tables without their records; give a run directory, or a board "
            f"that has {ARCHIVE}"
        )
    return RunDirectory(path, follow=follow, out=out)


def _is_published_without(path: Path) -> bool:
    return (path / "provenance.json").is_file() and not (path / "records").is_dir()
