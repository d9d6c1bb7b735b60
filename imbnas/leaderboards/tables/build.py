"""All tables of a run, built and written."""

from collections.abc import Callable, Mapping

import pandas as pd

from imbnas.leaderboards.gc_pause import gc_paused
from imbnas.leaderboards.provenance import provenance_text
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.adaptation import adaptation
from imbnas.leaderboards.tables.architectures import architectures
from imbnas.leaderboards.tables.baselines import baselines
from imbnas.leaderboards.tables.checklist import checklist
from imbnas.leaderboards.tables.claims import claims
from imbnas.leaderboards.tables.class_orders import class_orders
from imbnas.leaderboards.tables.cost import cost
from imbnas.leaderboards.tables.formats import to_csv, to_markdown
from imbnas.leaderboards.tables.matched_budget import matched_budget
from imbnas.leaderboards.tables.motivation_pairs import motivation_pairs
from imbnas.leaderboards.tables.rank_correlation import rank_correlation
from imbnas.leaderboards.tables.rankers import rankers
from imbnas.leaderboards.tables.strategy_differences import strategy_differences
from imbnas.leaderboards.tables.submitted import with_submissions
from imbnas.leaderboards.tables.tau_by_length import tau_by_length
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import replace_file

TABLES: dict[str, Callable[[Results], pd.DataFrame]] = {
    "rank_correlation": rank_correlation,
    "class_orders": class_orders,
    "tau_by_length": tau_by_length,
    "rankers": rankers,
    "adaptation": adaptation,
    "strategy_differences": strategy_differences,
    "baselines": baselines,
    "matched_budget": matched_budget,
    "architectures": architectures,
    "motivation_pairs": motivation_pairs,
    "cost": cost,
    "checklist": checklist,
    "claims": claims,
}


def build_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Name → table; a pure function of the resolved suite and its records."""
    with gc_paused():
        tables = {name: build(results) for name, build in TABLES.items()}
        return with_submissions(results, tables, TABLES)


def tables_as_text(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """File name → content of every table in both forms."""
    files = {}
    with gc_paused():
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
