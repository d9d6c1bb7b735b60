"""Writes everything people look at: tables, pictures and the page."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from imbnas.leaderboards.page_file import write_page
from imbnas.leaderboards.plots.catalog import pictures
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import write_tables
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import replace_file


def write_report(
    results: Results,
    directory: RunDirectory,
    tables: Mapping[str, pd.DataFrame],
    library: str | None = None,
) -> list[Path]:
    """Write tables, ``pictures/NAME.svg`` and ``.png``, and ``index.html``.

    Args:
        results: the suite and its records.
        directory: of the run.
        tables: as ``build_tables`` makes them.
        library: address of the chart library from the page; by default that of the library that
            boards share, where there is one, else it is put into the page.

    Returns:
        The page, then the pictures.
    """
    write_tables(results, directory, tables)
    page = write_page(results, directory, tables, library)
    files = {}
    for picture in pictures(tables, results.resolved.heading):
        files[directory.shown / "pictures" / f"{picture.name}.svg"] = picture.svg
        files[directory.shown / "pictures" / f"{picture.name}.png"] = picture.png
    for path, content in files.items():
        replace_file(path, content, directory.temporary)
    return [page, *files]
