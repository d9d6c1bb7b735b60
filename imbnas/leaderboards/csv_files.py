"""Reads CSV files that anybody may have written: tables of text, and their columns of numbers."""

import csv
import io
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd

from imbnas.error_texts import shortened
from imbnas.errors import InputError, suggest
from imbnas.regular_files import IrregularFileError, read_regular

LARGEST = 2**28
"""Bytes of a table."""
STANDARD_INPUT = Path("-")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
MISSING = frozenset(
    ("", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "#null!", "none", "nil")
)
"""What stands for a missing number, in small letters."""

_SAMPLE, _SAMPLED_LINES = 2**22, 10_000
"""Characters and lines that decide what separates columns."""

LARGEST_NUMBER = 1e100
"""Sums of squares of such numbers are finite."""
_SHOWN = 60
"""Characters of a cell that messages show."""
_OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive or an Excel file",
    b"\xd0\xcf\x11\xe0": "an Excel file",
    b"\x1f\x8b": "compressed (gzip)",
    b"\xfd7zXZ": "compressed (xz)",
    b"BZh9": "compressed (bzip2)",
    b"\x28\xb5\x2f\xfd": "compressed (zstandard)",
    b"PAR1\x15": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF-": "a PDF file",
}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_DIRECTIVE = re.compile(r'"?sep=([,;\t])"?\s*(?:\n|$)')
"""The first line by which spreadsheets are told what separates columns."""
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
_WITH_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_POINTS_OF_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_MINUS = {ord("\N{MINUS SIGN}"): "-"}


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV file whose first line names its columns; every cell stays the text that it is.

    Columns are separated by commas, semicolons or tabs, whichever all lines agree on. Cells may be
    quoted by ``"``; blanks around cells and names are passed over, as are empty lines, a mark of
    the byte order, a first line ``sep=;``, and empty cells beyond the last name, as a comma at each
    line's end makes them. Any other line of more or fewer cells than names is refused: no column
    is taken for an index, and none is filled up. A column without a name is called
    ``Unnamed: POSITION``, counted from 0.

    Args:
        path: of the file, which a link may lead to; ``-`` reads standard input.

    Returns:
        One row for each line below the header, one column of ``str`` for each name.

    Raises:
        InputError: it cannot be read, is too large, is no such table, or names a column twice.
    """
    text = _text(path, _content(path))
    separator, start = _separator(text)
    try:
        (_, header), *lines = _lines(text[start:], separator) or [(1, [])]
    except csv.Error as error:
        _refuse(path, str(error))
    if not any(header):
        _refuse(path, "no line of it names columns")
    width = _filled(header)
    for number, cells in lines:
        if len(cells) < width or any(cells[width:]):
            number += text.count("\n", 0, start)
            _refuse(path, *_ragged(number, cells, header[:width], separator))
    names = [name or f"Unnamed: {place}" for place, name in enumerate(header[:width])]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise InputError(f"{_of(path)}: two columns are called {_cut(twice)!r}; rename one")
    rows = [cells[:width] for _, cells in lines]
    return pd.DataFrame(rows, columns=pd.Index(names, dtype=str), dtype=str)


def measurements(path: Path, frame: pd.DataFrame, name: str) -> "pd.Series[float]":
    """As ``numbers``, for a column that statistics are computed from.

    Raises:
        InputError: as there; or a number is so large that squares would overflow.
    """
    found = numbers(path, frame, name)
    if found.abs().max() > LARGEST_NUMBER:
        raise InputError(
            f"{_of(path)}: column {_cut(name)!r}: {found.abs().max():g} is above "
            f"{LARGEST_NUMBER:g}, so that squares would overflow; give the column in another unit"
        )
    return found


def check_column(path: Path, frame: pd.DataFrame, name: str, option: str) -> None:
    """Make sure that a table has a column.

    Args:
        path: of the file, for messages.
        frame: its content, as ``read_table`` gives it.
        name: of the column.
        option: that names the column, for messages.

    Raises:
        InputError: there is none; names those that there are.
    """
    if name in frame.columns:
        return
    near = suggest(name, map(_cut, frame.columns))
    if len(frame.columns) == 1:
        near = (
            f"; no comma, semicolon or tab was found that separates columns, so that the first "
            f"line is one name: {_cut(frame.columns[0])!r}"
        )
    raise InputError(f"{_of(path)}: {option}: no column {_cut(name)!r}{near}")


def numbers(path: Path, frame: pd.DataFrame, name: str) -> "pd.Series[float]":
    """A column as numbers, NaN where a cell is empty or says that a value is missing.

    A sign ``%`` behind every number of the column is passed over. A comma is the decimal sign
    where no number has a point and one at least cannot be read with a comma between thousands.

    Args:
        path: of the file, for messages.
        frame: its content, as ``read_table`` gives it.
        name: of the column.

    Raises:
        InputError: a cell is no finite number; names row and column.
    """
    cells = [cell.strip() for cell in frame[name]]
    given = [cell for cell in cells if cell.lower() not in MISSING]
    percent = bool(given) and all(cell.endswith("%") for cell in given)
    plain = [cell.rstrip("% ") for cell in given]
    commas = _are_decimal(plain)
    if any(map(_POINTS_OF_THOUSANDS.fullmatch, plain)) and _has_decimal_commas(frame, plain):
        raise InputError(
            f"{_of(path)}: column {_cut(name)!r}: other columns have decimal commas, so that "
            f"points as in {_cut(max(given, key=len))!r} may stand between thousands; write "
            "decimal points everywhere and nothing between thousands"
        )
    found = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        if cell.lower() in MISSING:
            continue
        text = cell.translate(_MINUS)
        text = text.removesuffix("%").rstrip() if percent else text
        text = text.replace(",", ".") if commas else text
        value = float(text) if _PLAIN.fullmatch(text) else np.nan
        if not np.isfinite(value):
            raise InputError(
                f"{_of(path)}: row {row + 1} below the header, column {_cut(name)!r}: "
                f"{_cut(cell)!r} {_no_number(cell)}"
            )
        found[row] = value
    return pd.Series(found, frame.index, name=name)


def are_percentages(frame: pd.DataFrame, name: str) -> bool:
    """Whether a column's numbers have signs ``%``, given that they can be read."""
    return bool(frame[name].str.contains("%", regex=False).any())


def _content(path: Path) -> bytes:
    try:
        if path != STANDARD_INPUT:
            return read_regular(path, LARGEST, follow=True)
        if sys.stdin is None:
            raise IrregularFileError(path, "it is closed")
        content: bytes = sys.stdin.buffer.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise IrregularFileError(path, f"it has more than {LARGEST:,} bytes")
        return content
    except OSError as error:
        raise InputError(
            f"{_of(path)}: {error.strerror or error}; give a readable CSV file"
        ) from None


def _text(path: Path, content: bytes) -> str:
    for start, what in _OTHER_FORMATS.items():
        if content.startswith(start):
            _refuse(
                path, f"it is {what}", "unpack it" if "compressed" in what else "save it as CSV"
            )
    if content.startswith(_UTF_16):
        _refuse(path, "it is UTF-16 text", "save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _refuse(path, f"line {line} is not UTF-8 text", "save it as UTF-8")
    if "\0" in text.partition("\n")[0]:
        _refuse(
            path,
            "its first line holds NUL, as UTF-16 text and binary files do",
            "save it as CSV in UTF-8",
        )
    if _is_json(text):
        _refuse(path, "it is JSON", "save it as CSV")
    if text[:99].lstrip().lower().startswith(("<!doctype", "<html", "<?xml", "<table")):
        _refuse(path, "it is HTML or XML", "save it as CSV")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_json(text: str) -> bool:
    """Whether a text, or its first line, is a JSON object or list."""
    start = text.lstrip()
    if not start.startswith(("{", "[")):
        return False
    for part in (start, start.partition("\n")[0]):
        try:
            json.loads(part)
        except (ValueError, RecursionError):
            continue
        return True
    return False


def _separator(text: str) -> tuple[str, int]:
    """What separates columns, and how many characters in front of the header say so."""
    told = _DIRECTIVE.match(text)
    if told:
        return told[1], told.end()
    # Ten thousand lines tell as well as all.
    sample = "\n".join(text[:_SAMPLE].split("\n", _SAMPLED_LINES)[:_SAMPLED_LINES])
    fitting = []
    for separator in SEPARATORS:
        try:
            counts = [len(cells) for _, cells in _lines(sample, separator, strict=False)]
        except csv.Error:
            continue
        if counts and counts[0] > 1:
            fitting.append((len(set(counts)) == 1, counts[0], separator))
    # Of those that all lines agree on the one that makes most columns; the first of equals.
    return max(fitting, key=lambda each: each[:2])[2] if fitting else ",", 0


def _lines(text: str, separator: str, strict: bool = True) -> list[tuple[int, list[str]]]:
    """Number and cells of every line that holds any character but blanks.

    Raises:
        csv.Error: names the line that is no CSV.
    """
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=strict
    )
    found, number = [], 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if len(stripped) > 1 or any(stripped):
                found.append((number, stripped))
            number = reader.line_num + 1
    except csv.Error as error:
        raise csv.Error(f"line {number}: {error}") from None
    return found


def _filled(cells: Sequence[str]) -> int:
    """Number of cells up to the last one that is not empty."""
    return max((place for place, cell in enumerate(cells, start=1) if cell), default=0)


def _ragged(
    line: int, cells: Sequence[str], header: Sequence[str], separator: str
) -> tuple[str, str]:
    """What is wrong with a line of too many or too few cells, and what to do."""
    fault = (
        f"separated by {SEPARATORS[separator]}, line {line} has {len(cells)} cells and the first "
        f"line names {len(header)} column(s)"
    )
    if len(cells) == len(header) + 1:
        fault += ", as where the column of row names has no name"
    elif separator == "," and len(cells) > len(header) and all(map(_WHOLE.fullmatch, cells[-2:])):
        fault += ", as where commas are decimal signs"
    return fault, "write one cell for each name, and quote cells that hold the separator"


def _are_decimal(cells: Sequence[str]) -> bool:
    """Whether the commas of a column's cells can only be decimal signs."""
    holding = [cell for cell in cells if "," in cell]
    return (
        not any("." in cell for cell in cells)
        and all(_WITH_COMMA.fullmatch(cell.translate(_MINUS)) for cell in holding)
        and not all(map(_THOUSANDS.fullmatch, holding))
    )


def _has_decimal_commas(frame: pd.DataFrame, cells: Sequence[str]) -> bool:
    """Whether points of a column may stand between thousands, as another one's commas suggest."""
    if not all(_POINTS_OF_THOUSANDS.fullmatch(cell) or "." not in cell for cell in cells):
        return False
    return any(
        any("," in cell for cell in given) and _are_decimal(given)
        for _, column in frame.items()
        for given in [[cell.strip("% ") for cell in column if cell.lower() not in MISSING]]
    )


def _no_number(cell: str) -> str:
    """Why a cell is no finite number, and what to do."""
    if "\N{PLUS-MINUS SIGN}" in cell or "+/-" in cell or "+-" in cell:
        return "is a mean and its deviation; give each a column of its own"
    if cell.endswith("%"):
        return "has a sign % and other cells of the column have none; write all alike"
    if _INFINITE.fullmatch(cell) or _PLAIN.fullmatch(cell.translate(_MINUS)):
        return "is not a finite number; leave missing values empty"
    if _THOUSANDS.fullmatch(cell):
        return (
            "is not a finite number, since its commas may be decimal signs or stand between "
            "thousands; write a decimal point and nothing between thousands"
        )
    if "," in cell:
        return "is not a finite number, since it has a comma; write decimal points"
    return "is not a finite number; leave missing values empty"


def _refuse(path: Path, fault: str, remedy: str = "the first line names columns") -> NoReturn:
    raise InputError(f"{_of(path)}: not a CSV table ({fault}); {remedy}")


def _of(path: Path) -> str:
    return "standard input" if path == STANDARD_INPUT else str(path)


def _cut(text: str) -> str:
    return shortened(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
