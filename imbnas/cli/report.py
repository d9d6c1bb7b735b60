"""``imbnas-bench report``: one page and pictures of a run."""

from pathlib import Path

import click

from imbnas.cli.options import json_option, out_option
from imbnas.cli.output import note, note_damage, print_json
from imbnas.cli.tables import note_circumstances, print_claims


@click.command("report")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@out_option
@json_option
def command(run_dir: Path, out: Path | None, as_json: bool) -> int:
    """Write index.html, a page that needs no network, tables and pictures of RUN.

    RUN is a run directory, a published board, or the archive of one.
    """
    from imbnas.leaderboards.report import write_report
    from imbnas.leaderboards.results import Results
    from imbnas.leaderboards.tables.build import build_tables
    from imbnas.runs.store.opening import open_run

    directory = open_run(run_dir, out=out)
    results = Results.read(directory)
    note_circumstances(results)
    tables = build_tables(results)
    written = write_report(results, directory, tables)
    if as_json:
        print_json({"suite": results.resolved.heading, "files": [str(path) for path in written]})
    else:
        print_claims(tables)
        click.echo("\n".join(map(str, written)))
    for line in results.notes:
        note(line)
    return note_damage(results.damaged)
