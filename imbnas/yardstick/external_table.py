"""Reads a table of others: numbers for architectures of a space, joined by function."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from imbnas.errors import InputError
from imbnas.leaderboards.csv_files import check_column, measurements, read_table
from imbnas.spaces import Space
from imbnas.units.frozen import FrozenModel

ARCHITECTURE = "architecture"
"""The column of architectures, unless another one is named."""


class ExternalCell(FrozenModel):
    """A function with its numbers.

    Attributes:
        architecture: as the space writes it; of several spellings the alphabetically first.
        functional_id: see ``Space``.
        values: one for each column; ``None`` where it is missing. Mean over spellings.
    """

    architecture: str
    functional_id: str
    values: tuple[float | None, ...]


class ExternalTable(FrozenModel):
    """What a table says of a space.

    Attributes:
        name: of the file.
        columns: that are compared.
        cells: each function once, sorted by its id.
        notes: what was left out or put together, one line each.
    """

    name: str
    columns: tuple[str, ...]
    cells: tuple[ExternalCell, ...]
    notes: tuple[str, ...]


def read_external(
    path: Path, space: Space, key: str = ARCHITECTURE, columns: Sequence[str] = ()
) -> ExternalTable:
    """Read a CSV file with one row for each architecture.

    Args:
        path: of the file.
        space: whose architectures stand there, in any spelling.
        key: column of architectures.
        columns: what is compared; empty for every other column of numbers.

    Raises:
        InputError: the file cannot be read; a column is missing, named twice or not of numbers;
            there is none of numbers, or no row; a row's architecture is not of the space, or stands
            in another row, too.
    """
    frame = read_table(path)
    _check_columns(path, frame, key, columns)
    if frame.empty:
        raise InputError(f"{path}: no rows below the header; give one for each architecture")
    numbers, skipped = _numbers(path, frame, key, columns)
    architectures = _architectures(path, frame[key], space)
    members: dict[str, list[int]] = defaultdict(list)
    for row, architecture in enumerate(architectures):
        members[space.functional_id(architecture)].append(row)
    together = sum(len(rows) for rows in members.values()) - len(members)
    if together:
        skipped.append(
            f"{path.name}: {len(architectures)} architectures are {len(members)} functions; values "
            "of one function are averaged"
        )
    cells = tuple(
        ExternalCell(
            architecture=min(architectures[row] for row in rows),
            functional_id=function,
            values=tuple(_mean(numbers[name].iloc[rows]) for name in numbers),
        )
        for function, rows in sorted(members.items())
    )
    return ExternalTable(name=path.name, columns=tuple(numbers), cells=cells, notes=tuple(skipped))


def _check_columns(path: Path, frame: pd.DataFrame, key: str, columns: Sequence[str]) -> None:
    for option, name in (("--key", key), *(("--column", name) for name in columns)):
        check_column(path, frame, name, option)
    for position, name in enumerate(columns):
        if name == key:
            raise InputError(f"{path}: --column: {name!r} holds the architectures; name another")
        if name in columns[:position]:
            raise InputError(f"{path}: --column: {name!r} is named twice; leave one out")


def _numbers(
    path: Path, frame: pd.DataFrame, key: str, columns: Sequence[str]
) -> tuple[dict[str, "pd.Series[float]"], list[str]]:
    """Columns that are compared, and one line for each that is not of numbers."""
    if columns:
        return {name: measurements(path, frame, name) for name in columns}, []
    found: dict[str, pd.Series[float]] = {}
    skipped = []
    for name in frame.columns.drop(key):
        try:
            found[name] = measurements(path, frame, name)
        except InputError as error:
            skipped.append(f"not compared: {error}")
    found = {name: column for name, column in found.items() if column.notna().any()}
    if not found:
        raise InputError(
            f"{path}: no column of numbers beside {key!r}"
            + (f" ({skipped[0]})" if skipped else "; give one with an accuracy")
        )
    return found, skipped


def _architectures(path: Path, column: "pd.Series[str]", space: Space) -> list[str]:
    rows: dict[str, int] = {}
    for row, architecture in enumerate(_parsed(path, column, space), start=1):
        if architecture in rows:
            raise InputError(
                f"{path}: rows {rows[architecture]} and {row} below the header are both "
                f"{architecture}; leave one out"
            )
        rows[architecture] = row
    return list(rows)


def _parsed(path: Path, column: "pd.Series[str]", space: Space) -> Iterator[str]:
    for row, text in enumerate(column, start=1):
        try:
            yield space.parse(text)
        except InputError as error:
            told = " ".join(str(error).split())
            raise InputError(
                f"{path}: row {row} below the header, column {column.name!r}: {told}"
            ) from None


def _mean(values: "pd.Series[float]") -> float | None:
    return float(values.mean()) if values.notna().any() else None
