"""``imbnas-bench publish``: a board from a run."""

from pathlib import Path

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import note, note_damage, print_json


@click.command("publish")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("leaderboards"),
    metavar="DIR",
    help="Folder of all boards.",
)
@click.option("--incomplete", is_flag=True, help="Publish what is there, though units are missing.")
@click.option("--replace", is_flag=True, help="Replace the board that is there.")
@json_option
def command(run: Path, to: Path, incomplete: bool, replace: bool, as_json: bool) -> int:
    """Write the board of RUN: DIR/SUITE@VERSION/FIDELITY.

    It has the tables, the page, pictures, and an archive of all records and source supernets, from
    which the rest can be written again.
    """
    from imbnas.leaderboards.publishing import publish
    from imbnas.runs.packing import check_complete
    from imbnas.runs.store.archive import ARCHIVE
    from imbnas.runs.store.opening import open_run

    directory = open_run(run)
    if not incomplete:
        check_complete(directory)
    results = publish(directory, to, replace=replace)
    folder = to / results.resolved.title
    size = (folder / ARCHIVE).stat().st_size
    if as_json:
        print_json({"board": str(folder), "records": len(results.records), "archive_bytes": size})
    else:
        click.echo(f"{folder}: {len(results.records):,} records, archive of {size:,} bytes")
    for line in results.notes:
        note(line)
    return note_damage(results.damaged)
