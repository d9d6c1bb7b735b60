"""Reads published tables, which anybody may have changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from imbnas.errors import InputError
from imbnas.leaderboards.csv_files import numbers, read_table
from imbnas.leaderboards.tables.architectures import trainings
from imbnas.leaderboards.tables.build import TABLES
from imbnas.units.metrics import LARGEST_COUNT

_PERCENT = (0.0, 100.0)
_COUNT = (0.0, float(LARGEST_COUNT))
_NEEDED = {
    "rank_correlation": ("part", "x", "y"),
    "architectures": ("population", "architecture"),
    "baselines": ("source", "model", "condition", "scheme"),
}
"""Columns of text."""
_RANGES = {
    "rank_correlation": {"tau_b": (-1.0, 1.0)},
    "architectures": {"params": _COUNT, "macs": _COUNT},
    "baselines": {
        "params": _COUNT, "macs": _COUNT, "n_replicates": _COUNT, "accuracy_mean": _PERCENT,
        "accuracy_sd": _PERCENT,
    },
}  # fmt: skip
"""Smallest and largest number of columns; those of each training follow."""
_LATER = {"harmonic_mean": _PERCENT, "calibration_error": _PERCENT}
"""Columns that tables of older versions do not have."""
_WHOLE = ("params", "macs", "n_replicates", "n ")


def read_published(folder: Path) -> dict[str, pd.DataFrame]:
    """Name → table, of those that are there.

    Raises:
        InputError: a file is no table of that name; names file and column.
    """
    files = {name: folder / f"{name}.csv" for name in TABLES}
    return {name: _checked(name, file) for name, file in files.items() if file.exists()}


def _checked(name: str, file: Path) -> pd.DataFrame:
    text = read_table(file)
    frame = pd.DataFrame({column: _typed(text[column]) for column in text})
    if frame.empty and name not in _NEEDED:
        return frame
    for column in (*_NEEDED.get(name, ()), *_RANGES.get(name, {})):
        if column not in frame and not frame.empty:
            raise InputError(f"{file}: no column {column!r}; take the file that was published")
    ranges = dict(_numeric(name, frame))
    found = {column: _in_range(file, text, column, *ranges[column]) for column in ranges}
    # Whole numbers stay exact.
    inexact = {
        column: values
        for column, values in found.items()
        if not pd.api.types.is_numeric_dtype(frame[column])
    }
    return frame.assign(**inexact)


def _typed(column: "pd.Series[str]") -> "pd.Series[Any]":
    """A column of numbers or truth values as such; NaN where a cell is blank."""
    blank = column == ""
    filled = column[~blank]
    if filled.empty:
        return pd.Series(np.nan, column.index)
    if filled.isin(("True", "False")).all():
        return (column == "True").astype(object if blank.any() else bool).mask(blank)
    for kind in (int, float):
        try:
            typed = pd.Series(np.array(filled, dtype=object).astype(kind), filled.index)
        except (ValueError, OverflowError):
            continue
        return typed.reindex(column.index) if blank.any() else typed
    return column.mask(blank)


def _numeric(name: str, frame: pd.DataFrame) -> Iterator[tuple[str, tuple[float, float]]]:
    """Columns of numbers and the ranges of these."""
    if frame.empty:
        return
    yield from _RANGES.get(name, {}).items()
    if name == "baselines":
        yield from ((column, bounds) for column, bounds in _LATER.items() if column in frame)
    for training in trainings(frame.columns) if name == "architectures" else ():
        yield from ((f"{kind} {training}", _PERCENT) for kind in ("mean", "sd"))
        yield f"n {training}", _COUNT
        for kind, bounds in _LATER.items():
            if f"{kind} {training}" in frame:
                yield f"{kind} {training}", bounds


def _in_range(
    file: Path, frame: pd.DataFrame, column: str, low: float, high: float
) -> "pd.Series[float]":
    if column not in frame:
        raise InputError(f"{file}: no column {column!r}; take the file that was published")
    found = numbers(file, frame, column)
    whole = column.startswith(_WHOLE)
    wrong = (found < low) | (found > high) | (whole & (found % 1 != 0) & found.notna())
    if wrong.any():
        place = int(wrong.to_numpy().argmax())
        kind = "a whole number" if whole else "a number"
        raise InputError(
            f"{file}: row {place + 1} below the header, column {column!r}: {found.iloc[place]:g} "
            f"is not {kind} in [{low:g}, {high:g}]; take the file that was published"
        )
    return found
