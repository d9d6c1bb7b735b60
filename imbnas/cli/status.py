"""``imbnas-bench status``: how far a run is, from file names."""

from dataclasses import asdict
from pathlib import Path

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import note, note_damage, print_fields, print_json

_CHECKED_RECORDS = 5000
"""Runs with more records are counted by file names, without a look for damage."""


@click.command("status")
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option("--watch", "watched", is_flag=True, help="Go on showing until nothing is left.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=2.0,
    metavar="SECONDS",
    help="Between two looks of --watch.",
)
@json_option
def command(run_dir: Path, watched: bool, interval: float, as_json: bool) -> int:
    """Show how far the run in RUN_DIR is, which units run, failed or are damaged."""
    from imbnas.cli.watch import RunState, watch
    from imbnas.runs.queue.queue import Queue
    from imbnas.runs.queue.running_units import running_units
    from imbnas.runs.store.directory import RunDirectory
    from imbnas.runs.store.records import unchecked_note
    from imbnas.suites.expand import Expansion

    if watched and as_json:
        raise click.UsageError("--watch shows lines and --json one object; give one of them")
    directory = RunDirectory(run_dir)
    resolved = directory.read_suite()
    unchecked: list[str] = []
    found = directory.damaged_records(_CHECKED_RECORDS, unchecked.append)
    damaged = [str(error) for error in found]
    queue = Queue(Expansion(resolved).plan(), directory)

    def look() -> RunState:
        states = queue.states()
        running = running_units(directory, states.claimed, queue.units)
        return RunState(resolved.title, queue.progress(states), running)

    state = watch(look, interval) if watched else look()
    failures = [
        {"unit": failure.label, "error": failure.error, "message": failure.message}
        for failure in directory.failures().values()
    ]
    progress = state.progress
    fields = {
        "suite": resolved.title,
        "replicates": resolved.replicates,
        "total": progress.total,
        "done": progress.done,
        "running": len(state.running),
        "failed": progress.failed,
        "blocked": progress.blocked,
        "left": progress.left,
    }
    if as_json:
        running = [asdict(one) for one in state.running]
        told = {"failures": failures, "damaged": damaged, "unchecked": len(unchecked)}
        print_json({**fields, "running": running, **told})
        return note_damage(damaged)
    print_fields(fields)
    for one in state.running:
        click.echo(f"running: {one.label} ({one.host} {one.pid})")
    for failure in failures:
        click.echo(f"failed: {failure['unit']}: {failure['error']}: {failure['message']}")
    if unchecked:
        note(unchecked_note(len(unchecked)))
    return note_damage(damaged)
