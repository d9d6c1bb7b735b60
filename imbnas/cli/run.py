"""``imbnas-bench run``: does what is missing of a suite and writes its leaderboards."""

from typing import TYPE_CHECKING

import click

from imbnas.cli.completion import names_of
from imbnas.cli.options import data_options, plugin_files_option
from imbnas.cli.streams import outliving_readers
from imbnas.cli.suite_options import limit_options, suite_options
from imbnas.units.largest import MOST_WORKERS

if TYPE_CHECKING:
    from imbnas.runs.request import RunRequest


@click.command("run")
@suite_options
@click.option(
    "--executor",
    "executor_name",
    default="local",
    metavar="NAME",
    help="Where workers are started: local, slurm, ray, script.",
    shell_complete=names_of("executors"),
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
@outliving_readers()
def command(
    request: "RunRequest",
    executor_name: str,
    executor_options: tuple[str, ...],
    workers_per_gpu: int | None,
    retry_failed: bool,
) -> int:
    """Run a suite: do what is missing, then show what it found and write tables and page."""
    from imbnas.cli.leaderboard import write_leaderboards
    from imbnas.cli.running import conclude, do_missing
    from imbnas.runs.executors.registry import build_executor

    if workers_per_gpu:
        executor_options = (*executor_options, f"workers_per_gpu={workers_per_gpu}")
    executor = build_executor(executor_name, executor_options)
    progress = do_missing(request, executor, executor_name, retry_failed)
    if progress is None:
        return 0
    directory = request.directory
    return write_leaderboards(directory, page=True) or conclude(directory, progress)
