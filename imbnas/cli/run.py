"""``imbnas-bench run``: does what is missing of a suite and writes its leaderboards."""

from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.options import data_options, plugin_option
from imbnas.cli.output import note
from imbnas.cli.quantities import Duration, Size
from imbnas.cli.suite_options import SuiteOptions, suite_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imbnas.runs.executors.executor import Executor, Order
    from imbnas.runs.queue.queue import RunProgress
    from imbnas.runs.store.directory import RunDirectory
    from imbnas.suites.expansion import Plan

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
@click.option(
    "--workers-per-gpu",
    type=click.IntRange(1),
    help="Processes that share a GPU, in place of --workers; on CUDA, local executor.",
)
@click.option("--retry-failed", is_flag=True, help="Try units again that failed before.")
@_limit_options
@data_options
@plugin_option
def command(
    options: SuiteOptions,
    executor_name: str,
    executor_options: tuple[str, ...],
    workers_per_gpu: int | None,
    retry_failed: bool,
    only: tuple[str, ...],
    max_units: int | None,
    time_budget: float | None,
    unit_time_limit: float | None,
    unit_memory_limit: int | None,
    checkpoint_every: float,
) -> int:
    """Run a suite: do what is missing, then print and write the leaderboards."""
    from imbnas.cli.devices import check_compiler
    from imbnas.cli.leaderboard import write_leaderboards
    from imbnas.runs.bind import bind_run
    from imbnas.runs.executors.executor import Order, build_executor, check_limits
    from imbnas.runs.limits import Budget, Limits
    from imbnas.runs.queue.queue import Queue
    from imbnas.runs.queue.unit_filter import UnitFilter
    from imbnas.runs.retries import prepare_retries
    from imbnas.suites.expansion import Expansion

    if workers_per_gpu:
        executor_options = (*executor_options, f"workers_per_gpu={workers_per_gpu}")
    executor = build_executor(executor_name, executor_options)
    if options.compiled and executor_name == "local":
        check_compiler()
    limits, budget = Limits(unit_time_limit, unit_memory_limit), Budget(time_budget, max_units)
    check_limits(executor, executor_name, limits, budget)
    asked = options.request()
    directory, selection = asked.directory, UnitFilter(only) if only else None
    resolved = bind_run(
        directory,
        asked.suite,
        asked.fidelity,
        asked.locations,
        asked.device_type,
        asked.replicates,
        asked.plugins,
        asked.pins,
        lambda suite: selection and selection.of(Expansion(suite).plan(asked.parts).units),
        precision=asked.precision,
        compiled=asked.compiled,
    )
    for line in prepare_retries(directory, retry_failed):
        note(line)
    plan = Expansion(resolved).plan(asked.parts)
    if asked.compiled:
        _tell_uncompiled(plan)
    _take_over(directory, asked.reused, plan)
    queue = Queue(plan, directory, selection)
    left_out = len(plan.units) - len(queue.planned)
    if left_out:
        note(f"--only leaves out {left_out} of {len(plan.units)} units")
    order = Order(
        queue,
        asked.parts,
        asked.locations,
        asked.workers,
        asked.device_type,
        limits,
        budget,
        checkpoint_every,
    )
    progress = _execute(executor, order, resolved.title)
    if progress is None:
        return 0
    return write_leaderboards(directory) or _conclude(directory, progress)


def _tell_uncompiled(plan: "Plan") -> None:
    others = [unit.kind for unit in plan.units if unit.kind != "train"]
    if others:
        kinds = ", ".join(dict.fromkeys(others))
        note(
            "--compile concerns trainings of one network or stack; "
            f"{len(others)} of {len(plan.units)} units ({kinds}) run as they do without it"
        )


def _take_over(directory: "RunDirectory", sources: "Sequence[RunDirectory]", plan: "Plan") -> None:
    from imbnas.runs.reuse import Reuse

    if not sources:
        return
    taken = Reuse(directory, sources).take(plan)
    for path, units in taken.units.items():
        note(f"{units} units taken over from {path}")
    for line in taken.left:
        note(f"not taken over: {line}")


def _execute(executor: "Executor", order: "Order", title: str) -> "RunProgress | None":
    from imbnas.cli.progress import progress_display

    with progress_display(title) as show:
        return executor.run(order, show)


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
