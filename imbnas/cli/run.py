"""``imbnas-bench run``: does what is missing of a suite and writes its leaderboards."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from imbnas.cli.options import data_options, locations_from, plugin_option
from imbnas.cli.output import note
from imbnas.cli.suite_options import cores, suite_options, suite_request

if TYPE_CHECKING:
    from imbnas.runs.directory import RunDirectory
    from imbnas.runs.executors.executor import Executor, Order
    from imbnas.runs.queue import Progress
    from imbnas.suites.expansion import Plan

FAILED_UNITS_REMAIN = 1


@click.command("run")
@suite_options
@click.option(
    "--executor",
    "executor_name",
    default="local",
    show_default=True,
    metavar="NAME",
    help="Where workers are started: local, slurm, ray, script.",
)
@click.option(
    "--executor-option",
    "executor_options",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of the executor, see docs/clusters.md; repeatable.",
)
@click.option("--retry-failed", is_flag=True, help="Try units again that failed before.")
@data_options
@plugin_option
def command(
    suite_name: str | None,
    fidelity: str | None,
    parts: tuple[str, ...],
    out: Path | None,
    reused: tuple[Path, ...],
    workers: int | None,
    device: str,
    replicates: int | None,
    manifests: tuple[Path, ...],
    executor_name: str,
    executor_options: tuple[str, ...],
    retry_failed: bool,
    data_root: str | None,
    datasets: tuple[str, ...],
    offline: bool,
    plugins: tuple[Path, ...],
) -> int:
    """Run a suite: do what is missing, then print and write the leaderboards."""
    from imbnas.cli.devices import device_type
    from imbnas.runs.binding import bind_run
    from imbnas.runs.executors.executor import Order, build_executor
    from imbnas.runs.queue import Queue
    from imbnas.runs.reuse import reusable
    from imbnas.suites.expansion import Expansion

    executor = build_executor(executor_name, executor_options)
    locations = locations_from(data_root, datasets, offline)
    asked = suite_request(suite_name, fidelity, parts, out, manifests, locations)
    directory, sources = asked.directory, [reusable(path) for path in reused]
    device_found = device_type(device)
    resolved = bind_run(
        directory,
        asked.suite,
        asked.fidelity,
        locations,
        device_found,
        replicates,
        plugins,
        asked.pins,
    )
    if retry_failed:
        directory.forget_failures()
    plan = Expansion(resolved).plan(asked.parts)
    _take_over(directory, sources, plan)
    order = Order(Queue(plan, directory), asked.parts, locations, workers or cores(), device_found)
    progress = _execute(executor, order, resolved.title)
    if progress is None:
        return 0
    _report(directory)
    return _conclude(directory, progress)


def _take_over(directory: "RunDirectory", sources: "list[RunDirectory]", plan: "Plan") -> None:
    from imbnas.runs.reuse import Reuse

    if not sources:
        return
    taken = Reuse(directory, sources).take(plan)
    for path, units in taken.units.items():
        note(f"{units} units taken over from {path}")
    for line in taken.left:
        note(f"not taken over: {line}")


def _execute(executor: "Executor", order: "Order", title: str) -> "Progress | None":
    from imbnas.cli.progress import progress_display

    with progress_display(title) as show:
        return executor.run(order, show)


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
