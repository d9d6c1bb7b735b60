"""All tables of a run, and how they are written."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from tabulate import tabulate

from imbnas.leaderboards.adaptation import adaptation
from imbnas.leaderboards.architectures import architectures
from imbnas.leaderboards.baselines import baselines
from imbnas.leaderboards.cost import cost
from imbnas.leaderboards.matched_budget import matched_budget
from imbnas.leaderboards.rank_correlation import rank_correlation
from imbnas.leaderboards.results import Results
from imbnas.runs.directory import RunDirectory
from imbnas.runs.publishing import replace_file

TABLES: dict[str, Callable[[Results], pd.DataFrame]] = {
    "rank_correlation": rank_correlation,
    "adaptation": adaptation,
    "baselines": baselines,
    "matched_budget": matched_budget,
    "architectures": architectures,
    "cost": cost,
}


def build_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Name → table; a pure function of the resolved suite and its records."""
    return {name: build(results) for name, build in TABLES.items()}


def to_csv(table: pd.DataFrame) -> str:
    """CSV text with six significant digits; an empty cell is a missing value."""
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def to_markdown(table: pd.DataFrame) -> str:
    """GitHub-flavoured Markdown with three decimals; an empty cell is a missing value."""
    # A bar would end the cell; architecture strings are full of them.
    cells = [[cell.replace("|", "\\|") for cell in row] for row in format_cells(table)]
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


def tables_as_text(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    """File name → content of every table in both forms."""
    files = {}
    for name, table in tables.items():
        files[f"{name}.csv"] = to_csv(table)
        files[f"{name}.md"] = to_markdown(table)
    return files


def write_tables(tables: dict[str, pd.DataFrame], directory: RunDirectory) -> None:
    """Write every table of a run as CSV and as Markdown, each file in one step."""
    for name, text in tables_as_text(tables).items():
        replace_file(directory.tables / name, text.encode(), directory.temporary)


def _cell(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1e3 else f"{value:.3f}"
    return str(value)


def _unboxed(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
