"""Writes the page of a run."""

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from imbnas.leaderboards.page.render import render
from imbnas.leaderboards.results import Results
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import replace_file

LIBRARY = "plotly.min.js"
"""The chart library, once for all boards: beside their folders ``SUITE@VERSION``."""


def write_page(
    results: Results,
    directory: RunDirectory,
    tables: Mapping[str, pd.DataFrame],
    library: str | None = None,
) -> Path:
    """Write ``index.html``, of which nothing else is needed to look at it.

    Args:
        results: the suite and its records.
        directory: of the run.
        tables: as ``build_tables`` makes them.
        library: address of the chart library from the page; by default that of the library that
            boards share, where there is one, else it is put into the page.

    Returns:
        The page.
    """
    page, failures = directory.shown / "index.html", directory.failures().values()
    folder = os.path.relpath(directory.tables, directory.shown)
    text = render(results, tables, failures, folder, library or shared_library(directory))
    replace_file(page, text.encode(), directory.temporary)
    return page


def shared_library(directory: RunDirectory) -> str | None:
    """Address of the chart library that boards share, seen from the page of one of them."""
    address = f"../../{LIBRARY}"
    return address if (directory.shown / address).is_file() else None
