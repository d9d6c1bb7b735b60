"""Reads tables back: from Parquet, from CSV, or as they were made from records."""

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imbnas.errors import InputError, suggest
from imbnas.regular_files import read_regular
from imbnas.table.arrays import Columns, Lists, RepeatedLists, Texts
from imbnas.table.columns import COLUMNS, ROLES, Comparisons, Kind
from imbnas.table.files import METADATA_KEY, pyarrow
from imbnas.table.rows import Table

MAX_BYTES = 2**31
"""Of a file: ten times a CSV of 100,000 trainings with 100 classes."""
_FIELDS = {field.name for field in fields(Columns)}
_KINDS: dict[str, Kind] = {column.name: column.kind for column in COLUMNS if column.name in _FIELDS}
_REPEATED = ("class_total", "many", "medium", "few")
"""Lists that belong to a condition; counts of correct images differ from row to row."""
_UNKNOWN = -1
_AT_ONCE = 2**13
"""Rows that are checked together, so that no array is larger than the table."""

Read: TypeAlias = Callable[[str, Kind], Any]
"""Reads a column by name and kind, as ``Columns`` holds it but for repeated lists."""


def read_table(path: Path) -> Columns:
    """Read a table that ``imbnas-bench export`` wrote, or one of the same columns.

    Raises:
        InputError: it is no such table, holds several suites, or what cannot be.
        OSError: it cannot be read.
    """
    content = read_regular(path, MAX_BYTES, follow=True)
    return _from_csv(path, content) if path.suffix == ".csv" else _from_parquet(path, content)


def columns_of(table: Table, source: str) -> Columns:
    """A table that was made from records, for look-ups."""
    frame = table.frame
    return _columns(source, lambda name, kind: _PLAIN[kind](frame[name]), table.comparisons)


def _from_csv(path: Path, content: bytes) -> Columns:
    import pandas as pd

    try:
        frame = pd.read_csv(
            io.BytesIO(content),
            dtype=object,
            usecols=lambda name: name in _KINDS,
            # Else a separator at each line's end would move all columns by one.
            index_col=False,
            keep_default_na=False,
            encoding="utf-8-sig",
        )
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: not a CSV table ({_line(error)}); export it again") from None
    _check_names(path, frame.columns)

    def read(name: str, kind: Kind) -> Any:
        try:
            return _PLAIN[kind](None if text == "" else _CELLS[kind](text) for text in frame[name])
        except (ValueError, KeyError, OverflowError) as error:
            raise InputError(
                f"{path}: column {name!r} does not hold a {kind} in each row ({_line(error)}); "
                "export it again"
            ) from None

    return _columns(str(path), read, ())


def _from_parquet(path: Path, content: bytes) -> Columns:
    arrow = pyarrow(path)
    try:
        file = arrow.parquet.ParquetFile(
            arrow.BufferReader(content),
            read_dictionary=[n for n, k in _KINDS.items() if k == "text"],
        )
        schema = file.schema_arrow
        _check_names(path, schema.names)

        def part(name: str, group: int) -> Lists:
            found = _arrow_lists(file.read_row_group(group, [name]).column(0)).narrow()
            # A part at a time, so that its memory is free for the next.
            arrow.default_memory_pool().release_unused()
            return found

        def read(name: str, kind: Kind) -> Any:
            if kind == "whole numbers":
                return Lists.joined([part(name, group) for group in range(file.num_row_groups)])
            return _ARROW[kind](file.read(columns=[name], use_threads=False).column(0))

        return _columns(str(path), read, _comparisons((schema.metadata or {}).get(METADATA_KEY)))
    except InputError:
        raise
    except (arrow.ArrowException, OSError, ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f"{path}: not a table in Parquet ({_line(error)}); export it again"
        ) from None


def _check_names(path: Path, names: Iterable[str]) -> None:
    for name in _KINDS:
        if name not in list(names):
            raise InputError(
                f"{path}: no column {name!r}{suggest(name, names)}; give a table that "
                "imbnas-bench export wrote"
            )


def _comparisons(metadata: bytes | None) -> Comparisons:
    """What a file says of the suite's parts; nothing where it says nothing that is understood."""
    try:
        parts = json.loads(metadata or b"{}")["comparisons"]
        return tuple(tuple((str(a), str(b)) for a, b in part) for part in parts)
    except (ValueError, KeyError, TypeError):
        return ()


def _columns(source: str, read: Read, comparisons: Comparisons) -> Columns:
    found: dict[str, Any] = {}
    for name, kind in _KINDS.items():
        column = read(name, kind)
        found[name] = RepeatedLists.of(column) if name in _REPEATED else column
    suites: tuple[str, ...] = found.pop("suite").values
    if len(suites) != 1:
        held = f"trainings of {len(suites)} suites and fidelities" if suites else "no training"
        raise InputError(f"{source}: holds {held}; give a table of one suite and fidelity")
    found["class_correct"] = found["class_correct"].narrow()
    columns = Columns(source=source, suite=suites[0], comparisons=comparisons, **found)
    for row, fault in _faults(columns):
        raise InputError(f"{source}: row {row + 1}: {fault}; export the table again")
    return columns


def _faults(columns: Columns) -> Iterable[tuple[int, str]]:
    """The first row of each thing that cannot be, and what it is."""
    correct, total = columns.class_correct, columns.class_total
    lengths = np.diff(correct.offsets)
    bad = {
        "a text is missing": np.any(
            [getattr(columns, name).codes < 0
             for name in ("role", "space", "architecture", "condition", "scheme")], axis=0,
        ),
        "replicate is missing or negative": columns.replicate < 0,
        "class_correct and class_total differ in length": lengths != total.lengths,
        "a training that did not fail has no counts": ~columns.failed & ~correct.known,
        "more correct images than images in a class": np.zeros(len(columns), dtype=bool),
    }  # fmt: skip
    if not bad["class_correct and class_total differ in length"].any():
        bad["more correct images than images in a class"] = _too_many(columns)
    for fault, rows in bad.items():
        if rows.any():
            yield int(np.argmax(rows)), fault
    for role in set(columns.role.values) - set(ROLES):
        row = int(np.argmax(columns.role.codes == columns.role.values.index(role)))
        yield row, f"role {role!r} is none of {', '.join(ROLES)}"


def _too_many(columns: Columns) -> NDArray[np.bool_]:
    """(N,) whether a class has more correct images than images."""
    correct, total = columns.class_correct, columns.class_total
    wrong = np.zeros(len(columns), dtype=bool)
    for code, images in enumerate(total.values):
        rows = np.flatnonzero(total.codes == code)
        for start in range(0, len(rows) if images else 0, _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            counts = correct.flat[correct.offsets[some][:, None] + np.arange(len(images))]
            wrong[some] = (counts > np.array(images)).any(axis=1)
    return wrong


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _whole(values: Iterable[int | None]) -> NDArray[np.int64]:
    return np.array([_UNKNOWN if v is None else v for v in values], dtype=np.int64)


def _number(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


_PLAIN: dict[Kind, Callable[[Iterable[Any]], Any]] = {
    "text": lambda values: Texts.of(list(values)),
    "whole number": _whole,
    "number": _number,
    "whole numbers": lambda values: Lists.of(list(values)),
    "true or false": lambda values: np.array(list(values), dtype=bool),
}
"""Makes a column from plain values; ``None`` is a missing one."""


def _counts(text: str) -> tuple[int, ...]:
    numbers = tuple(map(int, text.split(" ")))
    if min(numbers) < 0:
        raise ValueError(f"{min(numbers)} is negative")
    return numbers


_CELLS: dict[Kind, Callable[[str], Any]] = {
    "text": lambda text: text.removeprefix("'"),
    "whole number": int,
    "number": float,
    "whole numbers": _counts,
    "true or false": {"true": True, "false": False}.__getitem__,
}
"""Reads the text of a CSV's cell that is not empty."""


def _arrow_texts(column: Any) -> Texts:
    values = column.unify_dictionaries().combine_chunks()
    codes = values.indices.fill_null(_UNKNOWN).to_numpy(zero_copy_only=False)
    return Texts(codes.astype(np.int32), tuple(values.dictionary.to_pylist()))


def _arrow_lists(column: Any) -> Lists:
    values = column.combine_chunks()
    flat = values.flatten()
    if flat.null_count:
        raise ValueError("a number in a list is missing")
    numbers = flat.to_numpy()
    if numbers.min(initial=0) < 0:
        raise ValueError("a number in a list is negative")
    known = values.is_valid().to_numpy(zero_copy_only=False)
    lengths = values.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return Lists(numbers, np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]), known)


_ARROW: dict[Kind, Callable[[Any], Any]] = {
    "text": _arrow_texts,
    "whole number": lambda column: column.fill_null(_UNKNOWN).to_numpy().astype(np.int64),
    "number": lambda column: column.to_numpy().astype(np.float64),
    "true or false": lambda column: column.to_numpy().astype(bool),
}
"""Makes a column from a chunked array of Arrow."""
