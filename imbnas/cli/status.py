"""``imbnas-bench status``: how far a run is, from file names alone."""

from pathlib import Path

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import print_fields, print_json


@click.command("status")
@click.argument("run_dir", type=click.Path(path_type=Path))
@json_option
def command(run_dir: Path, as_json: bool) -> None:
    """Tell how far the run in RUN_DIR is, and what failed."""
    from imbnas.runs.directory import RunDirectory
    from imbnas.runs.queue import Queue
    from imbnas.suites.expansion import Expansion

    directory = RunDirectory(run_dir)
    resolved = directory.read_suite()
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
        print_json({**fields, "failures": failures})
        return
    print_fields(fields)
    for failure in failures:
        click.echo(f"failed: {failure['unit']}: {failure['error']}: {failure['message']}")
