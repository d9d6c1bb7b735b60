"""Tables as the page shows them: what all rows share is shown once, above the table."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from imbnas.leaderboards.chart_data.entries import Band
from imbnas.leaderboards.chart_data.verdicts import COLUMNS, place
from imbnas.leaderboards.page.glossary import tip_of_name
from imbnas.leaderboards.tables.formats import format_cells, to_csv
from imbnas.leaderboards.tables.glossary import column_text

MAX_ROWS = 1000
_MAX_EMBEDDED = 200_000
_LINE = 40
"""Letters of a cell that stands in one line."""
_KINDS = ("shown", "settled", "open", "")
_CLAIMED = ("claims", "answer")


@dataclass(frozen=True)
class TableCell:
    """One cell.

    Attributes:
        text: what is shown.
        order: the value it is sorted by: a number or the text itself; empty stays at the end.
        band: range of ranks that is drawn beside the text.
        address: that the text links to; empty for none.
        wrapped: whether a long text is broken into lines.
        tip: what is told where it is pointed at, or empty.
        verdict: ``shown``, ``settled`` or ``open`` for a verdict; else empty.
    """

    text: str
    order: str
    band: Band | None = None
    address: str = ""
    wrapped: bool = False
    tip: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Grid:
    """One table.

    Attributes:
        name: of the table.
        shared: (column, text) of columns that are equal in every row.
        columns: the others.
        numeric: whether a column holds numbers, one entry per column.
        rows: at most ``MAX_ROWS`` of them.
        n_rows: how many the table has.
        csv: where its CSV is: a ``data:`` address, or for a large one the file beside the page;
            empty for a table without one.
        note: a sentence above the table, or empty.
        sorted_by: place of the column that the rows are sorted by, if they are by one.
        tips: what columns say, one entry per column; empty where nothing is told.
        n_leading: how many columns are shown before the others are asked for; 0 shows all.
        narrow: whether a column is shown on a phone before others are asked for, one entry per
            column; empty shows all.
        facts: one entry per row: name → value that filters of their own look at; empty where
            there are no such filters.
    """

    name: str
    shared: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    n_rows: int
    csv: str
    note: str = ""
    sorted_by: int | None = None
    tips: tuple[str, ...] = ()
    n_leading: int = 0
    narrow: tuple[bool, ...] = ()
    facts: tuple[Mapping[str, str], ...] = ()


def grid(name: str, table: pd.DataFrame, folder: str, csv: str | None = None) -> Grid:
    """Prepare a table for the page.

    Args:
        name: of the table.
        table: its rows.
        folder: relative address of the folder that holds its CSV file.
        csv: content of that file; by default that of the table as it is given.
    """
    texts = pd.DataFrame(format_cells(table), columns=table.columns, index=table.index)
    same = [c for c in texts.columns if len(texts) > 1 and texts[c].nunique() == 1]
    kept = [c for c in texts.columns if c not in same]
    numeric = [pd.api.types.is_numeric_dtype(table[c].infer_objects()) for c in kept]
    verdicts = [c == COLUMNS.get(name) or (name, c) == _CLAIMED for c in kept]
    rows = tuple(
        tuple(
            TableCell(
                text,
                _order(value, number),
                wrapped=len(text) > _LINE and not number,
                tip="" if number else tip_of_name(text),
                verdict=_KINDS[place(text)] if verdict else "",
            )
            for text, value, number, verdict in zip(shown, values, numeric, verdicts, strict=True)
        )
        for shown, values in zip(
            texts[kept].head(MAX_ROWS).itertuples(index=False, name=None),
            table[kept].head(MAX_ROWS).itertuples(index=False, name=None),
            strict=True,
        )
    )
    return Grid(
        name=name,
        shared=tuple((str(c), texts[c].iloc[0]) for c in same if texts[c].iloc[0]),
        columns=tuple(map(str, kept)),
        numeric=tuple(numeric),
        tips=tuple(column_text(name, str(c)) for c in kept),
        rows=rows,
        n_rows=len(table),
        csv=_address(name, to_csv(table) if csv is None else csv, folder),
    )


def _order(value: object, number: bool) -> str:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    return repr(float(value)) if number else str(value)  # type: ignore[arg-type]


def _address(name: str, csv: str, folder: str) -> str:
    content = csv.encode()
    if len(content) > _MAX_EMBEDDED:
        return f"{folder}/{name}.csv"
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(content).decode()
