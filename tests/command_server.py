"""Runs commands in processes forked from one that has imported what they need.

Each line of standard input is a request in JSON: the arguments of ``imbnas-bench``, the working
folder, the environment, and the files that take standard output and error. The answer is a line
with the exit status. A command's process is its own, so that plug-ins leave nothing behind. The
clean processes that it forks code of plug-ins from are forked, too, before it begins.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imbnas.cli import main
from imbnas.isolation.processes import ForkServer
from imbnas.isolation.server import serve
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


class CleanProcess:
    """What a ``ForkServer`` would start and wait for while it imports; as its ``_process``.

    Args:
        request: of the command.
        others: whose connections it is not to hold open.
    """

    def __init__(self, request: dict[str, Any], others: "list[CleanProcess]") -> None:
        self.control, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            for each in (self, *others):
                each.control.close()
            os.setsid()
            enter(request, os.devnull)
            serve(theirs, ())
            os._exit(0)
        theirs.close()
        self._ended = os.pidfd_open(self.pid)

    def poll(self) -> int | None:
        return 0 if select.select([self._ended], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> None:
        if not select.select([self._ended], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("clean process", timeout or 0)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def release(self) -> None:
        """Leave it to the command."""
        self.control.close()
        os.close(self._ended)


def give(clean: list[CleanProcess]) -> None:
    """Let each ``ForkServer`` of this process take a clean process, as long as there are some."""
    started = ForkServer._running

    def running(self: ForkServer) -> socket.socket:
        if self._control is None and clean:
            self._process = clean.pop()  # type: ignore[assignment]
            self._control = self._process.control  # type: ignore[union-attr]
        return started(self)

    ForkServer._running = running  # type: ignore[method-assign]


def requests() -> Iterator[dict[str, Any]]:
    """Yield each request in a process of its own, which is to end with it."""
    for line in sys.stdin:
        request = json.loads(line)
        clean: list[CleanProcess] = []
        if "--plugin" in request["arguments"]:
            for _ in range(2):  # one resolves or plans, one executes
                clean.append(CleanProcess(request, clean))
        child = os.fork()
        if child == 0:
            give(clean)
            yield request
            return
        for each in clean:
            each.release()
        _, status = os.waitpid(child, 0)
        for each in clean:
            os.waitpid(each.pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def enter(request: dict[str, Any], output: str) -> None:
    """Take a command's folder, environment and files for those of this process."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, name in enumerate((os.devnull, output, request["errors"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)


def run(request: dict[str, Any]) -> None:
    """Do what ``imbnas-bench`` does; never returns."""
    enter(request, request["output"])
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
