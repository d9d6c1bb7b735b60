"""``imbnas-bench run``: does what is missing of a suite and writes its leaderboards."""

from typing import TYPE_CHECKING

import click

from imbnas.cli.options import data_options, plugin_files_option
from imbnas.cli.output import note
from imbnas.cli.suite_options import limit_options, suite_options
from imbnas.units.largest import MOST_WORKERS

if TYPE_CHECKING:
    from imbnas.runs.queue.queue import RunProgress
    from imbnas.runs.request import RunRequest
    from imbnas.runs.store.directory import RunDirectory
    from imbnas.suites.expand import Plan

FAILED_UNITS_REMAIN = 1
STOPPED_BY_BUDGET = 3


@click.command("run")
@suite_options
@click.option(
    "--executor",
    "executor_name",
    default="local",
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
@click.option(
    "--workers-per-gpu",
    type=click.IntRange(1, MOST_WORKERS),
    help="Processes that share a GPU, in place of --workers; on CUDA, local executor.",
)
@click.option("--retry-failed", is_flag=True, help="Try units again that failed before.")
@limit_options
@data_options
@plugin_files_option
def command(
    request: "RunRequest",
    executor_name: str,
    executor_options: tuple[str, ...],
    workers_per_gpu: int | None,
    retry_failed: bool,
) -> int:
    """Run a suite: do what is missing, then print and write the leaderboards."""
    from imbnas.cli.devices import check_compiler, check_processor
    from imbnas.cli.leaderboard import write_leaderboards
    from imbnas.cli.progress import progress_display
    from imbnas.runs.bind import bind_run
    from imbnas.runs.executors.executor import check_limits
    from imbnas.runs.executors.registry import build_executor
    from imbnas.runs.queue.queue import Queue
    from imbnas.runs.queue.unit_filter import UnitFilter
    from imbnas.runs.retries import prepare_retries
    from imbnas.runs.reuse import put_back
    from imbnas.suites.expand import Expansion

    if workers_per_gpu:
        executor_options = (*executor_options, f"workers_per_gpu={workers_per_gpu}")
    executor = build_executor(executor_name, executor_options)
    if request.compiled and executor_name == "local":
        check_compiler()
    if request.reproducible and executor_name == "local":
        check_processor()
    check_limits(executor, executor_name, request)
    resolved, directory = bind_run(request), request.directory
    for line in prepare_retries(directory, retry_failed):
        note(line)
    plan = Expansion(resolved).plan(request.parts)
    if request.compiled:
        _note_uncompiled(plan)
    _take_over(request, plan)
    for line in put_back(directory, plan):
        note(line)
    queue = Queue(plan, directory, UnitFilter(request.only) if request.only else None)
    left_out = len(plan.units) - len(queue.planned)
    if left_out:
        note(f"--only leaves out {left_out} of {len(plan.units)} units")
    with progress_display(resolved.heading, queue) as show:
        progress = executor.run(request, queue, show)
    if progress is None:
        return 0
    return write_leaderboards(directory) or _conclude(directory, progress)


def _note_uncompiled(plan: "Plan") -> None:
    others = [unit.kind for unit in plan.units if unit.kind != "train"]
    if others:
        kinds = ", ".join(dict.fromkeys(others))
        note(
            "--compile concerns trainings of one network or stack; "
            f"{len(others)} of {len(plan.units)} units ({kinds}) run as they do without it"
        )


def _take_over(request: "RunRequest", plan: "Plan") -> None:
    from imbnas.runs.reuse import Reuse

    if not request.reused:
        return
    taken = Reuse(request.directory, request.reused).take(plan)
    for path, units in taken.units.items():
        note(f"{units} units taken over from {path}")
    for line in taken.left:
        note(f"not taken over: {line}")


def _conclude(directory: "RunDirectory", progress: "RunProgress") -> int:
    if progress.done == progress.total:
        return 0
    failures = list(directory.failures().values())
    for failure in failures[:5]:
        note(f"failed: {failure.label}: {failure.error}: {failure.message}")
    if len(failures) > 5:
        note(f"… and {len(failures) - 5} more in {directory.path / 'failures'}")
    if progress.left and progress.stopped_by:
        option = {"time": "--time-budget", "units": "--max-units"}[progress.stopped_by]
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
