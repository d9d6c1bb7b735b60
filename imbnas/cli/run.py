"""``imbnas-bench run``: does what is missing of a suite and writes its leaderboards."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.damage import told
from imbnas.cli.options import data_options, locations_from, plugin_option
from imbnas.cli.output import note
from imbnas.cli.quantities import Duration, Size

if TYPE_CHECKING:
    from imbnas.runs.directory import RunDirectory
    from imbnas.runs.queue import Progress
    from imbnas.runs.supervisor import Supervisor

FAILED_UNITS_REMAIN = 1
STOPPED_BY_BUDGET = 3


def _limit_options(command: Any) -> Any:
    """Add the options that restrict what one start does and what one unit takes."""
    options = (
        click.option(
            "--only",
            multiple=True,
            metavar="PATTERN",
            help="Only units whose label fits, as 'train *digits@20x*', or whose identity begins "
            "so; what they build on is done, too. Repeatable.",
        ),
        click.option("--max-units", type=click.IntRange(1), help="Begin at most so many units."),
        click.option(
            "--time-budget",
            type=Duration(),
            metavar="T",
            help="Stop after so long, as 2h or 1h30m; running units stop at a checkpoint.",
        ),
        click.option(
            "--unit-time-limit",
            type=Duration(),
            metavar="T",
            help="A unit that takes longer fails.",
        ),
        click.option(
            "--unit-memory-limit",
            type=Size(),
            metavar="SIZE",
            help="A unit whose worker holds more memory, as 4GB, fails.",
        ),
        click.option(
            "--checkpoint-every",
            type=Duration(),
            metavar="T",
            default="1m",
            show_default=True,
            help="Keep the state of long units that often.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("run")
@click.option("--suite", "suite_name", metavar="NAME|FILE.toml", help="Default: lt-digits.")
@click.option("--fidelity", metavar="F", help="How much to spend; the suite's default.")
@click.option("--part", "parts", multiple=True, metavar="P", help="Only this part; repeatable.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Run directory.  [default: runs/SUITE@VERSION/FIDELITY]",
)
@click.option("--workers", type=click.IntRange(1), help="Processes; one a core by default.")
@click.option(
    "--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"])
)
@click.option("--replicates", type=click.IntRange(1), help="More of them extend a run.")
@click.option(
    "--manifest",
    "manifests",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Use exactly the images of an exported manifest; repeatable.",
)
@click.option("--retry-failed", is_flag=True, help="Try units again that failed before.")
@_limit_options
@data_options
@plugin_option
def command(
    suite_name: str | None,
    fidelity: str | None,
    parts: tuple[str, ...],
    out: Path | None,
    workers: int | None,
    device: str,
    replicates: int | None,
    manifests: tuple[Path, ...],
    retry_failed: bool,
    only: tuple[str, ...],
    max_units: int | None,
    time_budget: float | None,
    unit_time_limit: float | None,
    unit_memory_limit: int | None,
    checkpoint_every: float,
    data_root: str | None,
    datasets: tuple[str, ...],
    offline: bool,
    plugins: tuple[Path, ...],
) -> int:
    """Run a suite: do what is missing, then print and write the leaderboards."""
    from imbnas.cli.devices import device_type
    from imbnas.data.manifests import read_manifest
    from imbnas.errors import UnknownNameError
    from imbnas.runs.binding import bind_run
    from imbnas.runs.directory import RunDirectory
    from imbnas.runs.limits import Budget, Limits
    from imbnas.runs.quarantine import quarantine_all
    from imbnas.runs.queue import Queue
    from imbnas.runs.selection import Selection
    from imbnas.runs.supervisor import Supervisor
    from imbnas.suites.expansion import Expansion
    from imbnas.suites.reading import DEFAULT_SUITE, choose_fidelity, load_suite

    suite = load_suite(suite_name or DEFAULT_SUITE)
    chosen, _ = choose_fidelity(suite, fidelity)
    for part in parts:
        if part not in suite.parts:
            raise UnknownNameError(f"part of suite {suite.name!r}:", part, suite.parts)
    locations = locations_from(data_root, datasets, offline)
    directory = RunDirectory(out or Path("runs") / f"{suite.name}@{suite.version}" / chosen)
    pins = [read_manifest(path) for path in manifests]
    resolved = bind_run(
        directory, suite, chosen, locations, device_type(device), replicates, plugins, pins
    )
    if retry_failed:
        directory.forget_failures()
    for line in quarantine_all(directory):
        note(line)
    wanted = parts or None
    queue = Queue(Expansion(resolved).plan(wanted), directory, Selection(only) if only else None)
    if queue.left_out:
        note(f"--only leaves out {queue.left_out} of {len(queue.plan.units)} units")
    supervisor = Supervisor(
        queue,
        wanted,
        locations,
        workers or _cores(),
        Limits(unit_time_limit, unit_memory_limit),
        Budget(time_budget, max_units),
        checkpoint_every,
    )
    progress = _supervise(supervisor, resolved.title)
    damaged = _report(directory)
    return damaged or _conclude(directory, progress, supervisor.stopped_by)


def _supervise(supervisor: "Supervisor", title: str) -> "Progress":
    from imbnas.cli.progress import progress_display

    with progress_display(title) as show:
        return supervisor.run(show)


def _report(directory: "RunDirectory") -> int:
    from imbnas.cli.tables import print_leaderboards
    from imbnas.leaderboards.results import Results
    from imbnas.leaderboards.tables import build_tables, write_tables

    results = Results.read(directory)
    tables = build_tables(results)
    write_tables(results, directory, tables)
    print_leaderboards(tables, results.resolved.title)
    click.echo(f"Leaderboards: {directory.tables}")
    return told(results.damaged)


def _conclude(directory: "RunDirectory", progress: "Progress", stopped_by: str | None) -> int:
    if progress.done == progress.total:
        return 0
    failures = list(directory.failures().values())
    for failure in failures[:5]:
        note(f"failed: {failure.label}: {failure.error}: {failure.message}")
    if len(failures) > 5:
        note(f"… and {len(failures) - 5} more in {directory.path / 'failures'}")
    if progress.left and stopped_by:
        option = {"time": "--time-budget", "units": "--max-units"}[stopped_by]
        note(
            f"stopped by {option}: {progress.done} of {progress.total} units are done, "
            f"{progress.left} are left; the same command goes on"
        )
        return STOPPED_BY_BUDGET
    if progress.left:
        note(f"{progress.left} units are left, because workers stopped; run again to go on")
    note(
        f"{progress.done} of {progress.total} units are done, {progress.failed} failed, "
        f"{progress.blocked} wait for failed ones; --retry-failed tries them again"
    )
    return FAILED_UNITS_REMAIN


def _cores() -> int:
    import os

    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
