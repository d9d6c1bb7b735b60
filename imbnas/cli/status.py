"""``imbnas-bench status``: how far a run is, from file names."""

from pathlib import Path

import click

from imbnas.cli.damage import told
from imbnas.cli.options import json_option
from imbnas.cli.output import print_fields, print_json


@click.command("status")
@click.argument("run_dir", type=click.Path(path_type=Path))
@json_option
def command(run_dir: Path, as_json: bool) -> int:
    """Tell how far the run in RUN_DIR is, what failed and what is damaged."""
    from imbnas.runs.directory import RunDirectory
    from imbnas.runs.quarantine import CHECKED_RECORDS, damaged_records
    from imbnas.runs.queue import Queue
    from imbnas.suites.expansion import Expansion

    directory = RunDirectory(run_dir)
    resolved = directory.read_suite()
    damaged = [str(error) for error in damaged_records(directory, CHECKED_RECORDS)]
    progress = Queue(Expansion(resolved).plan(), directory).progress()
    failures = [
        {"unit": failure.label, "error": failure.error, "message": failure.message}
        for failure in directory.failures().values()
    ]
    fields = {
        "suite": resolved.title,
        "replicates": resolved.replicates,
        "total": progress.total,
        "done": progress.done,
        "failed": progress.failed,
        "blocked": progress.blocked,
        "left": progress.left,
    }
    if as_json:
        print_json({**fields, "failures": failures, "damaged": damaged})
        return told(damaged)
    print_fields(fields)
    for failure in failures:
        click.echo(f"failed: {failure['unit']}: {failure['error']}: {failure['message']}")
    return told(damaged)
