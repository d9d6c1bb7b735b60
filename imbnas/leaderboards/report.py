"""Writes everything people look at: tables, pictures and the page."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from imbnas.leaderboards.page.render import render
from imbnas.leaderboards.plots.catalog import pictures
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import write_tables
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import replace_file


def write_report(
    results: Results, directory: RunDirectory, tables: Mapping[str, pd.DataFrame]
) -> list[Path]:
    """Write tables, ``pictures/NAME.svg`` and ``.png``, and ``index.html``.

    Args:
        results: the suite and its records.
        directory: of the run.
        tables: as ``build_tables`` makes them.

    Returns:
        The page, then the pictures.
    """
    write_tables(results, directory, tables)
    page = directory.path / "index.html"
    failures = directory.failures().values()
    files = {page: render(results, tables, failures, directory.tables.name).encode()}
    for picture in pictures(tables, results.resolved.title):
        files[directory.path / "pictures" / f"{picture.name}.svg"] = picture.svg
        files[directory.path / "pictures" / f"{picture.name}.png"] = picture.png
    for path, content in files.items():
        replace_file(path, content, directory.temporary)
    return list(files)
