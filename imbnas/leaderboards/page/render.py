"""Puts a run's answer, charts, tables and provenance into one HTML file."""

import shlex
from collections.abc import Iterable, Mapping

import pandas as pd
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from imbnas.leaderboards.chart_data.claims import answered_claims
from imbnas.leaderboards.headline import answer, reservations, strategies_answer
from imbnas.leaderboards.page.architecture_panel import contents
from imbnas.leaderboards.page.charts import charts
from imbnas.leaderboards.page.entry_grid import entry_grid
from imbnas.leaderboards.page.grids import grid
from imbnas.leaderboards.page.templates import asset, environment
from imbnas.leaderboards.page.texts import all_visible
from imbnas.leaderboards.provenance import provenance
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import tables_as_text
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.records import Failure

MAX_FAILURES = 50


def render(
    results: Results,
    tables: Mapping[str, pd.DataFrame],
    failures: Iterable[Failure] = (),
    folder: str = "tables",
    library: str | None = None,
) -> str:
    """The page as text; the same bytes for the same suite, records and failures.

    Args:
        results: the suite and its records.
        tables: as ``build_tables`` makes them.
        failures: units that failed, for a list of their own.
        folder: relative address of the folder that holds the CSV files.
        library: relative address of the chart library; ``None`` puts it into the page.
    """
    failed = list(failures)
    drawn = charts(tables)
    data = {"charts": drawn, "cells": contents(results.resolved.suite.space, tables)}
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            title=results.resolved.heading,
            summary=results.resolved.suite.summary,
            answer=answer(tables),
            strategies=strategies_answer(tables),
            reservations=reservations(tables),
            scope=results.scope,
            claims=answered_claims(tables),
            charts=drawn,
            data=all_visible(data),
            grids=[
                entry_grid(tables, folder) if name == "adaptation" else grid(name, table, folder)
                for name, table in tables.items()
            ],
            failures=failed[:MAX_FAILURES],
            n_failures=len(failed),
            provenance=provenance(results, tables_as_text(tables)),
            commands=reproduction(results.resolved),
            style=asset("page.css"),
            script=asset("tables.js") + asset("page.js"),
            library=library,
            plotly="" if library else Markup(get_plotlyjs()),  # noqa: S704  # nosec B704 # plotly
        )
    )


def reproduction(resolved: ResolvedSuite) -> tuple[str, ...]:
    """The commands that make the run and its page again."""
    suite = resolved.suite
    run = ["imbnas-bench", "run", "--suite", suite.name, "--fidelity", resolved.fidelity]
    if resolved.replicates != resolved.settings.replicates:
        run += ["--replicates", str(resolved.replicates)]
    if resolved.first_replicate:
        run += ["--first-replicate", str(resolved.first_replicate)]
    if resolved.device_type != "cpu":
        run += ["--device", resolved.device_type]
    if resolved.precision != "float32":
        run += ["--precision", resolved.precision]
    if resolved.compiled:
        run.append("--compile")
    if resolved.cuda_graphs:
        run.append("--cuda-graphs")
    if resolved.reproducible:
        run.append("--reproducible")
    for plugin in resolved.plugins:
        run += ["--plugin", plugin.name]
    folder = f"runs/{suite.name}@{suite.version}/{resolved.fidelity}"
    return (shlex.join(run), shlex.join(["imbnas-bench", "report", folder]))
