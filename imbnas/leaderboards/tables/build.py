"""All tables of a run, and how they are written."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from tabulate import tabulate

from imbnas.leaderboards.gc_pause import resting_collector
from imbnas.leaderboards.provenance import provenance_text
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.adaptation import adaptation
from imbnas.leaderboards.tables.architectures import architectures
from imbnas.leaderboards.tables.baselines import baselines
from imbnas.leaderboards.tables.checklist import checklist
from imbnas.leaderboards.tables.cost import cost
from imbnas.leaderboards.tables.matched_budget import matched_budget
from imbnas.leaderboards.tables.rank_correlation import rank_correlation
from imbnas.leaderboards.tables.rankers import rankers
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import replace_file

TABLES: dict[str, Callable[[Results], pd.DataFrame]] = {
    "rank_correlation": rank_correlation,
    "rankers": rankers,
    "adaptation": adaptation,
    "baselines": baselines,
    "matched_budget": matched_budget,
    "architectures": architectures,
    "cost": cost,
    "checklist": checklist,
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet compute a cell (OWASP, "CSV injection")."""


def build_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Name → table; a pure function of the resolved suite and its records."""
    with resting_collector():
        return {name: build(results) for name, build in TABLES.items()}


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


def tables_as_text(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """File name → content of every table in both forms."""
    files = {}
    with resting_collector():
        for name, table in tables.items():
            files[f"{name}.csv"] = to_csv(table)
            files[f"{name}.md"] = to_markdown(table)
    return files


def write_tables(
    results: Results, directory: RunDirectory, tables: Mapping[str, pd.DataFrame]
) -> None:
    """Write every table of a run and ``provenance.json``, each file in one step."""
    files = tables_as_text(tables)
    files["provenance.json"] = provenance_text(results, files)
    for name, text in files.items():
        replace_file(directory.tables / name, text.encode(), directory.temporary)


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
