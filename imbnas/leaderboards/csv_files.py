"""Reads CSV files that anybody may have written, as tables with columns of finite numbers."""

import io
from pathlib import Path

import numpy as np
import pandas as pd

from imbnas.errors import InputError
from imbnas.regular_files import read_regular

LARGEST = 2**28
"""Bytes of a table."""
LARGEST_NUMBER = 1e100
"""Sums of squares of such numbers are finite."""
_SHOWN = 60
"""Characters of a cell that messages show."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV file whose first line names its columns.

    Raises:
        InputError: it cannot be read, is too large, is no such table, or names a column twice.
    """
    try:
        content = read_regular(path, LARGEST, follow=True)
        frame = pd.read_csv(
            io.BytesIO(content), encoding="utf-8-sig", skipinitialspace=True, low_memory=False
        )
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; give a readable CSV file") from None
    except ValueError as error:  # what pandas raises for what it cannot parse
        reason = next(iter(str(error).strip().splitlines()[-1:]), "")
        raise InputError(
            f"{path}: not a CSV table ({_cut(reason)}); the first line names columns"
        ) from None
    if not isinstance(frame.index, pd.RangeIndex):
        raise InputError(f"{path}: not a CSV table (rows have more cells than columns have names)")
    frame.columns = frame.columns.astype(str).str.strip()
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InputError(f"{path}: two columns are called {_cut(twice)!r}; rename one")
    return frame


def measurements(path: Path, frame: pd.DataFrame, name: str) -> "pd.Series[float]":
    """As ``numbers``, for a column that statistics are computed from.

    Raises:
        InputError: as there; or a number is so large that squares would overflow.
    """
    found = numbers(path, frame, name)
    if found.abs().max() > LARGEST_NUMBER:
        raise InputError(
            f"{path}: column {_cut(name)!r}: {found.abs().max():g} is above {LARGEST_NUMBER:g}, so "
            "that squares would overflow; give the column in another unit"
        )
    return found


def numbers(path: Path, frame: pd.DataFrame, name: str) -> "pd.Series[float]":
    """A column as numbers, NaN where a cell is empty.

    Args:
        path: of the file, for messages.
        frame: its content.
        name: of the column.

    Raises:
        InputError: a cell is no finite number; names row and column.
    """
    column = frame[name]
    try:
        found = pd.to_numeric(column, errors="coerce").astype(float)
    except OverflowError:  # whole numbers beyond the largest float
        found = column.map(_number).astype(float)
    bad = np.flatnonzero((found.isna() & column.notna()) | np.isinf(found))
    if len(bad):
        raise InputError(
            f"{path}: row {bad[0] + 1} below the header, column {_cut(name)!r}: "
            f"{_cut(str(column.iloc[bad[0]]))!r} is not a finite number; leave missing values empty"
        )
    return found


def _number(cell: object) -> float:
    try:
        return float(str(cell))
    except ValueError:
        return np.nan


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
