"""Tables as text and as plain rows."""

from typing import Any

import pandas as pd
from tabulate import tabulate

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet compute a cell (OWASP, "CSV injection")."""


def to_csv(table: pd.DataFrame) -> str:
    """CSV text with six significant digits, whole numbers exact; an empty cell is a missing value.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    return table.map(_csv_cell).to_csv(index=False, lineterminator="\n")


def to_markdown(table: pd.DataFrame) -> str:
    """GitHub-flavoured Markdown with three decimals; an empty cell is a missing value."""
    cells = [[_escaped(cell) for cell in row] for row in format_cells(table)]
    text = tabulate(cells, headers=list(table.columns), tablefmt="github", disable_numparse=True)
    return text + "\n"


def to_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain dictionaries; a missing value is ``None``."""
    plain = table.astype(object).where(table.notna(), None)
    return [
        {str(key): _unboxed(value) for key, value in row.items()}
        for row in plain.to_dict("records")
    ]


def format_cells(table: pd.DataFrame) -> list[list[str]]:
    """Every cell as short text."""
    return [[_cell(value) for value in row] for row in table.itertuples(index=False)]


def _csv_cell(value: object) -> object:
    if isinstance(value, float) and value == value:
        return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def _escaped(cell: str) -> str:
    # A bar would end the cell; architecture strings are full of them.
    return " ".join(cell.replace("|", "\\|").replace("<", "&lt;").split())


def _cell(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1e3 else f"{value:.3f}"
    return str(value)


def _unboxed(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
