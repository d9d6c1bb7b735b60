"""Has the units of a run done that are missing, for the commands that do so."""

from typing import TYPE_CHECKING

from imbnas.cli.output import note

if TYPE_CHECKING:
    from imbnas.runs.executors.executor import Executor
    from imbnas.runs.queue.queue import RunProgress
    from imbnas.runs.request import RunRequest
    from imbnas.runs.store.directory import RunDirectory
    from imbnas.suites.expand import Plan

FAILED_UNITS_REMAIN = 1
STOPPED_BY_BUDGET = 3


def do_missing(
    request: "RunRequest", executor: "Executor", executor_name: str, retry_failed: bool
) -> "RunProgress | None":
    """Bind the run's directory, take over what is known elsewhere, and do the rest.

    Args:
        request: the run.
        executor: starts workers.
        executor_name: by which it was asked for.
        retry_failed: whether units are tried again that failed before.

    Returns:
        The state at the end; ``None`` where the work was handed over and goes on elsewhere.
    """
    from imbnas.cli.devices import check_compiler, check_processor
    from imbnas.cli.progress import progress_display
    from imbnas.runs.bind import bind_run
    from imbnas.runs.executors.executor import check_limits
    from imbnas.runs.queue.queue import Queue
    from imbnas.runs.queue.unit_filter import UnitFilter
    from imbnas.runs.retries import prepare_retries
    from imbnas.runs.reuse import put_back
    from imbnas.suites.expand import Expansion

    if request.compiled and executor_name == "local":
        check_compiler()
    if request.reproducible and executor_name == "local":
        check_processor()
    check_limits(executor, executor_name, request)
    resolved, directory = bind_run(request), request.directory
    for line in prepare_retries(directory, retry_failed):
        note(line)
    plan = Expansion(resolved).plan(request.parts)
    for option, given in (("--compile", request.compiled), ("--cuda-graphs", request.cuda_graphs)):
        if given:
            _note_left_out(option, plan)
    _take_over(request, plan)
    for line in put_back(directory, plan):
        note(line)
    queue = Queue(plan, directory, UnitFilter(request.only) if request.only else None)
    left_out = len(plan.units) - len(queue.planned)
    if left_out:
        note(f"--only leaves out {left_out} of {len(plan.units)} units")
    with progress_display(resolved.heading, queue) as show:
        return executor.run(request, queue, show)


def _note_left_out(option: str, plan: "Plan") -> None:
    others = [unit.kind for unit in plan.units if unit.kind != "train"]
    if others:
        kinds = ", ".join(dict.fromkeys(others))
        note(
            f"{option} concerns trainings of one network or stack; "
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


def conclude(directory: "RunDirectory", progress: "RunProgress") -> int:
    """Tell what is left of a run, and why; returns the exit status."""
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
