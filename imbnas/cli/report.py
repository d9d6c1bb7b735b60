"""``imbnas-bench report``: one page and pictures of a run."""

from pathlib import Path

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import note, note_damage, print_json
from imbnas.cli.tables import note_circumstances, print_claims


@click.command("report")
@click.argument("run_dir", type=click.Path(path_type=Path))
@json_option
def command(run_dir: Path, as_json: bool) -> int:
    """Write RUN_DIR/index.html, a page that needs no network, and pictures beside it."""
    from imbnas.leaderboards.report import write_report
    from imbnas.leaderboards.results import Results
    from imbnas.leaderboards.tables.build import build_tables
    from imbnas.runs.store.directory import RunDirectory

    directory = RunDirectory(run_dir)
    results = Results.read(directory)
    note_circumstances(results)
    tables = build_tables(results)
    written = write_report(results, directory, tables)
    if as_json:
        print_json({"suite": results.resolved.title, "files": [str(path) for path in written]})
    else:
        print_claims(tables)
        click.echo("\n".join(map(str, written)))
    for line in results.notes:
        note(line)
    return note_damage(results.damaged)
