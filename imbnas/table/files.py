"""The table as a file: Parquet, or CSV with lists as numbers between spaces."""

import io
import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from imbnas.errors import InputError
from imbnas.table.columns import COLUMNS, NAMES, Column
from imbnas.table.rows import Table

METADATA_KEY = b"imbnas"
"""Under it a Parquet file holds, as JSON, what ``Table`` says beside its rows."""
ROW_GROUP = 2**14
"""Rows that a reader needs to hold at once."""
_FORMULA = ("'", "=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet compute a cell, and the mark that keeps it from that."""


def check_format(path: Path) -> None:
    """Refuse a file name that says no format, or one whose library is missing.

    Raises:
        InputError: as ``table_bytes``.
    """
    _writer(path)


def table_bytes(table: Table, path: Path) -> bytes:
    """The table as a file's content: the same bytes for the same records.

    Args:
        table: what to write.
        path: whose suffix, ``.parquet`` or ``.csv``, chooses the format.

    Raises:
        InputError: it has another suffix, or pyarrow is not installed.
    """
    return _writer(path)(table)


def pyarrow(path: Path) -> Any:
    """The library that reads and writes Parquet.

    Raises:
        InputError: it is not installed.
    """
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ImportError:
        raise InputError(
            f"{path}: Parquet needs pyarrow; pip install 'imbnas[parquet]', or name a .csv file"
        ) from None


def _writer(path: Path) -> Callable[[Table], bytes]:
    if path.suffix == ".csv":
        return _csv
    if path.suffix == ".parquet":
        arrow = pyarrow(path)
        return lambda table: _parquet(table, arrow)
    raise InputError(
        f"{path}: its name ends in {path.suffix or 'no suffix'!r}; give one in .parquet or .csv"
    )


def _parquet(table: Table, arrow: Any) -> bytes:
    plain = {
        "text": arrow.string(),
        "whole number": arrow.int64(),
        "number": arrow.float64(),
        "whole numbers": arrow.list_(arrow.field("element", arrow.int32(), nullable=False)),
        "true or false": arrow.bool_(),
    }
    shared = arrow.dictionary(arrow.int32(), arrow.string())

    def array(column: Column) -> Any:
        values = arrow.array(table.frame[column.name].tolist(), plain[column.kind])
        apart = column.kind == "text" and column.name != "identity"
        return values.dictionary_encode().cast(shared) if apart else values

    about = {
        "suite": table.suite,
        "n_planned": table.n_planned,
        "n_missing": table.n_missing,
        "comparisons": table.comparisons,
    }
    columns = [array(column) for column in COLUMNS]
    fields = [
        arrow.field(column.name, values.type, column.nullable, {"description": column.text})
        for column, values in zip(COLUMNS, columns, strict=True)
    ]
    metadata = {METADATA_KEY: json.dumps(about, sort_keys=True)}
    buffer = io.BytesIO()
    arrow.parquet.write_table(
        arrow.table(columns, arrow.schema(fields, metadata)),
        buffer,
        compression="zstd",
        compression_level=9,
        row_group_size=ROW_GROUP,
        use_dictionary=[column.name for column in COLUMNS if column.name != "identity"],
    )
    return buffer.getvalue()


def _csv(table: Table) -> bytes:
    cells: Mapping[str, Callable[[Any], object]] = {
        "text": lambda text: "'" + text if text.startswith(_FORMULA) else text,
        "whole number": int,
        "number": repr,
        "whole numbers": lambda numbers: " ".join(map(str, numbers)),
        "true or false": lambda truth: "true" if truth else "false",
    }
    written = {
        column.name: [
            "" if value is None else cells[column.kind](value) for value in table.frame[column.name]
        ]
        for column in COLUMNS
    }
    frame = pd.DataFrame(written, columns=list(NAMES), dtype=object)
    return frame.to_csv(index=False, lineterminator="\n").encode()
