"""Runs commands in processes forked from one that has imported what they need.

Each line of standard input is a request in JSON: the arguments of ``imbnas-bench``, the working
folder, the environment, and the files that take standard output and error. The answer is a line
with the exit status. A command's process is its own, so that plug-ins leave nothing behind.
"""

import gc
import importlib
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imbnas.cli import main
from imbnas.runs.executors.registry import EXECUTORS

if TYPE_CHECKING:
    from imbnas.runs.executors.executor import Show
    from imbnas.runs.queue.queue import Queue, RunProgress
    from imbnas.runs.request import RunRequest

IMPORTED = (
    "pandas",
    "sklearn.datasets",
    "tabulate",
    "timm",
    "torch._dynamo",
    "imbnas.execution.runner",
    "imbnas.leaderboards.tables.build",
    "imbnas.runs.worker",
    "imbnas.suites.resolve",
)
"""What nearly every run takes seconds to import."""


@EXECUTORS.register("here", version="1", summary="one worker in the process of the command")
class HereExecutor:
    """For runs whose result matters, not how their processes come and go."""

    def run(self, request: "RunRequest", queue: "Queue", show: "Show") -> "RunProgress":
        from imbnas.runs import worker
        from imbnas.runs.worker_command import worker_command

        worker.main(worker_command(request)[3:])
        progress = queue.progress()
        show(progress)
        return progress


def requests() -> Iterator[dict[str, Any]]:
    """Yield each request in a process of its own, which is to end with it."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            yield json.loads(line)
            return
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def run(request: dict[str, Any]) -> None:
    """Do what ``imbnas-bench`` does; never returns."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, name in enumerate((os.devnull, request["output"], request["errors"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
    try:
        main(request["arguments"])
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        # The regular end takes apart all that was imported, which takes a second.
        os._exit(int(end.code or 0))


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # collections in a fork would copy what was imported
    for request in requests():
        run(request)
