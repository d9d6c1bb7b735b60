"""Puts two CSV tables side by side, by the text of a column that both have."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imbnas.errors import InputError
from imbnas.leaderboards.csv_files import check_column, read_table


@dataclass(frozen=True)
class JoinedTable:
    """A table, or the rows of one with the columns of another.

    Attributes:
        frame: the rows as text, in the first table's order.
        files: the file that each column comes from.
        ambiguous: columns that both files have; ``frame`` has those of the first.
        notes: how many rows of either file have no partner, one line each.
    """

    frame: pd.DataFrame
    files: dict[str, Path]
    ambiguous: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def read_alone(path: Path) -> JoinedTable:
    """Read a table.

    Raises:
        InputError: as ``read_table``.
    """
    frame = read_table(path)
    return JoinedTable(frame, dict.fromkeys(frame.columns, path))


def read_joined(path: Path, other: Path, key: str) -> JoinedTable:
    """Read two tables and put the columns of the second beside the rows of the first.

    Args:
        path: of the first table, in which many rows may have one key.
        other: of the second table, in which each key stands once.
        key: column of both, which is compared as text.

    Raises:
        InputError: as ``read_table``; a table lacks the column, the second has a key twice, or no
            key stands in both.
    """
    left, right = read_table(path), read_table(other)
    for file, frame in ((path, left), (other, right)):
        check_column(file, frame, key, "--on")
    repeated = right[key][right[key].duplicated()]
    if len(repeated):
        raise InputError(f"{other}: --on: {key} {repeated.iloc[0]!r} has two rows; leave one out")
    if not left[key].isin(right[key]).any():
        raise InputError(
            f"{other}: --on: no {key} of {path} stands there; write them alike in both files"
        )
    new = [name for name in right.columns if name not in left.columns]
    return JoinedTable(
        frame=left.merge(right[[key, *new]], on=key, validate="many_to_one"),
        files=dict.fromkeys(left.columns, path) | dict.fromkeys(new, other),
        ambiguous=frozenset(left.columns) & frozenset(right.columns) - {key},
        notes=(
            *_alone(path, left[key], other, right[key]),
            *_alone(other, right[key], path, left[key]),
        ),
    )


def _alone(
    path: Path, keys: "pd.Series[str]", other: Path, partners: "pd.Series[str]"
) -> list[str]:
    count = int((~keys.isin(partners)).sum())
    return [f"{path}: {count} rows without a partner in {other} left out"] if count else []
