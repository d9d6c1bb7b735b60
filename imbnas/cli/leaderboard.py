"""``imbnas-bench leaderboard``: builds the tables of a run again from its records."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from imbnas.cli.options import json_option, out_option
from imbnas.cli.output import note, note_damage, print_json
from imbnas.cli.tables import note_circumstances, print_answer, print_leaderboards

if TYPE_CHECKING:
    from imbnas.runs.store.directory import RunDirectory


@click.command("leaderboard")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@out_option
@json_option
def command(run_dir: Path, out: Path | None, as_json: bool) -> int:
    """Build the tables of RUN again from its records.

    RUN is a run directory, a published board, or the archive of one.
    """
    from imbnas.runs.store.opening import open_run

    return write_leaderboards(open_run(run_dir, out=out), as_json, only_shown=out is None)


def write_leaderboards(
    directory: "RunDirectory",
    as_json: bool = False,
    *,
    only_shown: bool = False,
    page: bool = False,
) -> int:
    """Write and print the tables of a run.

    Args:
        directory: of the run.
        as_json: prints one object in place of text.
        only_shown: where nothing can be written, that is told and no error.
        page: writes the page, too.

    Returns:
        The exit status.
    """
    from imbnas.file_systems import READ_ONLY
    from imbnas.leaderboards.page_file import write_page
    from imbnas.leaderboards.results import Results
    from imbnas.leaderboards.tables.build import build_tables, write_tables
    from imbnas.leaderboards.tables.formats import to_rows

    results = Results.read(directory)
    note_circumstances(results)
    tables = build_tables(results)
    written = True
    try:
        write_tables(results, directory, tables)
    except OSError as error:
        if not (only_shown and error.errno in READ_ONLY):
            raise
        written = False
        note(f"{directory.tables}: not written ({error.strerror}); --out DIR writes elsewhere")
    if as_json:
        rows = {name: to_rows(table) for name, table in tables.items()}
        print_json({"suite": results.resolved.heading, "tables": rows})
    else:
        print_answer(tables)
        print_leaderboards(tables, results.resolved.heading)
        if written:
            click.echo(f"Leaderboards: {directory.tables}")
        if page:
            click.echo(f"Page: {write_page(results, directory, tables)}")
    for line in results.notes:
        note(line)
    return note_damage(results.damaged)
