"""Puts a run's answer, charts, tables and provenance into one HTML file."""

import shlex
from collections.abc import Iterable, Mapping

import pandas as pd
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from imbnas.leaderboards.chart_data.claims import answered_claims
from imbnas.leaderboards.chart_data.verdicts import COLUMNS, by_verdict
from imbnas.leaderboards.charts.catalog import charts
from imbnas.leaderboards.charts.chart import Chart
from imbnas.leaderboards.headline import answer, reservations, strategies_answer, tally
from imbnas.leaderboards.page.architecture_panel import contents
from imbnas.leaderboards.page.charts import figures, glyph
from imbnas.leaderboards.page.columns import arranged
from imbnas.leaderboards.page.entry_grid import entry_grid
from imbnas.leaderboards.page.glossary import explained
from imbnas.leaderboards.page.grids import Grid, grid
from imbnas.leaderboards.page.templates import asset, environment, style
from imbnas.leaderboards.page.texts import all_visible
from imbnas.leaderboards.provenance import provenance
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import tables_as_text
from imbnas.leaderboards.tables.formats import to_csv
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.records import Failure

MAX_FAILURES = 50
_FIRST = ("adaptation", "rank_correlation")
"""Tables that stand with their charts, before all others."""


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
    data = {
        "charts": {chart.name: figures(chart) for chart in drawn},
        "cells": contents(results.resolved.suite.space, tables),
    }
    grids = {name: _grid(tables, name, folder) for name in tables}
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            title=results.resolved.heading,
            summary=results.resolved.suite.summary,
            answer=answer(tables),
            strategies=strategies_answer(tables),
            tally=tally(tables),
            reservations=reservations(tables),
            scope=results.scope,
            claims=answered_claims(tables),
            charts={chart.name: chart for chart in drawn},
            mover=_mover(drawn),
            data=all_visible(data),
            grids=grids,
            further=[grid for name, grid in grids.items() if name not in _FIRST],
            explained=explained,
            glyph=glyph,
            failures=failed[:MAX_FAILURES],
            n_failures=len(failed),
            provenance=provenance(results, tables_as_text(tables)),
            commands=reproduction(results.resolved),
            style=style(),
            script=asset("tables.js") + asset("page.js"),
            library=library,
            plotly="" if library else Markup(get_plotlyjs()),  # noqa: S704  # nosec B704 # plotly
        )
    )


def _grid(tables: Mapping[str, pd.DataFrame], name: str, folder: str) -> Grid:
    """A table with what it found in front."""
    table = tables[name]
    if name == "adaptation":
        return arranged(entry_grid(tables, folder))
    shown = by_verdict(table, COLUMNS[name]) if name in COLUMNS else table
    return arranged(grid(name, shown, folder, to_csv(table)))


def _mover(drawn: Iterable[Chart]) -> str:
    """The architecture that moves most, for a start; empty without one."""
    moved = (
        point.network
        for chart in drawn
        if chart.name == "rank_shift"
        for dots in chart.panels[-1].dots
        for point in dots.points
    )
    return next(moved, "")


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
