"""``imbnas-bench status``: how far a run is, from file names."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import note, note_damage, print_fields, print_json

if TYPE_CHECKING:
    from imbnas.runs.store.asked import Asked
    from imbnas.runs.store.directory import RunDirectory
    from imbnas.suites.resolved import ResolvedSuite

_CHECKED_RECORDS = 5000
"""Runs with more records are counted by file names, without a look for damage."""


@click.command("status")
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option("--part", "parts", multiple=True, metavar="P", help="Only this part; repeatable.")
@click.option("--all", "everything", is_flag=True, help="All parts, whatever `run` was to do.")
@click.option("--watch", "watched", is_flag=True, help="Go on showing until nothing is left.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=2.0,
    metavar="SECONDS",
    help="Between two looks of --watch.",
)
@json_option
def command(
    run_dir: Path,
    parts: tuple[str, ...],
    everything: bool,
    watched: bool,
    interval: float,
    as_json: bool,
) -> int:
    """Show how far the run in RUN_DIR is, which units run, failed or are damaged.

    Units of the parts that the last `run` was to do are counted.
    """
    from imbnas.cli.rates import RateClock, counts_work, merged_note
    from imbnas.cli.watch import RunState, watch, worker_lines
    from imbnas.runs.queue.queue import Queue
    from imbnas.runs.queue.unit_filter import UnitFilter
    from imbnas.runs.store.opening import open_run
    from imbnas.runs.store.records import unchecked_note
    from imbnas.suites.expand import Expansion

    if watched and as_json:
        raise click.UsageError("--watch shows lines and --json one object; give one of them")
    directory = open_run(run_dir)
    resolved = directory.read_suite()
    unchecked: list[str] = []
    found = directory.damaged_records(_CHECKED_RECORDS, unchecked.append)
    damaged = [*directory.faults, *map(str, found)]
    asked = _counted(directory, resolved, parts, everything)
    only = UnitFilter(asked.only) if asked.only else None
    queue = Queue(Expansion(resolved).plan(asked.parts), directory, only)

    def look() -> RunState:
        return RunState(resolved.heading, queue.progress())

    if conflict := directory.conflict_note():
        note(conflict)
    clock = RateClock(counts_work(queue))
    progress = (watch(look, interval, clock) if watched else look()).progress
    failures = [
        {"unit": failure.label, "error": failure.error, "message": failure.message}
        for failure in directory.failures().values()
    ]
    fields = {
        "suite": resolved.heading,
        "replicates": resolved.replicates,
        "counted": asked.options or "everything",
        "total": progress.total,
        "done": progress.done,
        "running": len(progress.running),
        "failed": progress.failed,
        "blocked": progress.blocked,
        "left": progress.left,
        **({"merged": progress.merged} if progress.merged else {}),
    }
    if as_json:
        running = [asdict(one) for one in progress.running]
        told = {"failures": failures, "damaged": damaged, "unchecked": len(unchecked)}
        print_json({**fields, "running": running, **told})
        return note_damage(damaged)
    print_fields(fields)
    if asked.options and not parts:
        note(f"counted is what the last `run` was to do: {asked.options}; --all counts everything")
    if progress.merged:
        note(merged_note(progress.merged))
    for line in worker_lines(progress.running):
        click.echo(f"running: {line}")
    for failure in failures:
        click.echo(f"failed: {failure['unit']}: {failure['error']}: {failure['message']}")
    if unchecked:
        note(unchecked_note(len(unchecked)))
    return note_damage(damaged)


def _counted(
    directory: "RunDirectory", resolved: "ResolvedSuite", parts: tuple[str, ...], everything: bool
) -> "Asked":
    """Which units are counted: those of named parts, or of the last start."""
    from imbnas.errors import UnknownNameError
    from imbnas.runs.store.asked import Asked, read_asked

    offered = resolved.suite.parts
    for part in parts:
        if part not in offered:
            raise UnknownNameError(f"part of suite {resolved.suite.name!r}:", part, offered)
    if parts or everything:
        return Asked(parts=parts or None)
    asked = read_asked(directory)
    return asked if set(asked.parts or ()) <= set(offered) else Asked()
