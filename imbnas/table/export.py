"""Writes the table of a run or board as a file, with its datasheet beside it."""

from pathlib import Path
from typing import NamedTuple

from imbnas.errors import InputError
from imbnas.leaderboards.results import Results
from imbnas.runs.store.files import replace_file
from imbnas.table.datasheet import datasheet
from imbnas.table.files import check_format, table_bytes
from imbnas.table.loading import find_source, open_records
from imbnas.table.rows import Table, table_of


class Export(NamedTuple):
    """What was written.

    Attributes:
        table: its content.
        files: the table, then its datasheet.
        results: what it was made from.
    """

    table: Table
    files: tuple[Path, Path]
    results: Results


def export(source: str | Path, out: Path) -> Export:
    """Write a table.

    Args:
        source: run directory, or folder or title of a published board.
        out: file in ``.parquet`` or ``.csv``; the datasheet gets the same name in ``.md``.

    Raises:
        InputError: there are no records, the suffix is another one, or a library is missing.
        OSError: a file cannot be read or written.
    """
    check_format(out)
    if not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.parent}; make it first")
    results, directory = open_records(find_source(source))
    table = table_of(results, directory.failures())
    sheet = out.with_suffix(".md")
    text = datasheet(table, results, out)
    replace_file(out, table_bytes(table, out), out.parent)
    replace_file(sheet, text.encode(), out.parent)
    return Export(table, (out, sheet), results)
