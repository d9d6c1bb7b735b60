"""``imbnas-bench leaderboard``: builds the tables of a run anew from its records."""

from pathlib import Path

import click

from imbnas.cli.damage import told
from imbnas.cli.options import json_option
from imbnas.cli.output import print_json


@click.command("leaderboard")
@click.argument("run_dir", type=click.Path(path_type=Path))
@json_option
def command(run_dir: Path, as_json: bool) -> int:
    """Build the tables of RUN_DIR anew from its records."""
    from imbnas.cli.tables import print_leaderboards
    from imbnas.leaderboards.results import Results
    from imbnas.leaderboards.tables.build import build_tables, write_tables
    from imbnas.leaderboards.tables.formats import to_rows
    from imbnas.runs.store.directory import RunDirectory

    directory = RunDirectory(run_dir)
    results = Results.read(directory)
    tables = build_tables(results)
    write_tables(results, directory, tables)
    if as_json:
        rows = {name: to_rows(table) for name, table in tables.items()}
        print_json({"suite": results.resolved.title, "tables": rows})
        return told(results.damaged)
    print_leaderboards(tables, results.resolved.title)
    click.echo(f"Leaderboards: {directory.tables}")
    return told(results.damaged)
