"""``imbnas-bench run``: does what is missing of a suite and writes its leaderboards."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.options import data_options, locations_from, plugin_option
from imbnas.cli.output import note

if TYPE_CHECKING:
    from imbnas.runs.directory import RunDirectory
    from imbnas.runs.queue import Progress

FAILED_UNITS_REMAIN = 1


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
    from imbnas.runs.queue import Queue
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
    wanted = parts or None
    queue = Queue(Expansion(resolved).plan(wanted), directory)
    supervisor = Supervisor(queue, wanted, locations, workers or _cores())
    progress = _supervise(supervisor, resolved.title)
    _report(directory)
    return _conclude(directory, progress)


def _supervise(supervisor: Any, title: str) -> "Progress":
    from imbnas.cli.progress import progress_display

    with progress_display(title) as show:
        progress: Progress = supervisor.run(show)
    return progress


def _report(directory: "RunDirectory") -> None:
    from imbnas.cli.tables import print_leaderboards
    from imbnas.leaderboards.results import Results
    from imbnas.leaderboards.tables import build_tables, write_tables

    results = Results.read(directory)
    tables = build_tables(results)
    write_tables(results, directory, tables)
    print_leaderboards(tables, results.resolved.title)
    click.echo(f"Leaderboards: {directory.tables}")


def _conclude(directory: "RunDirectory", progress: "Progress") -> int:
    if progress.done == progress.total:
        return 0
    failures = list(directory.failures().values())
    for failure in failures[:5]:
        note(f"failed: {failure.label}: {failure.error}: {failure.message}")
    if len(failures) > 5:
        note(f"… and {len(failures) - 5} more in {directory.path / 'failures'}")
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
