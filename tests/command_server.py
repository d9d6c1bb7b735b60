"""Runs commands in processes forked from one that has imported what they need.

Each line of standard input is a request in JSON: ``program``, which is ``bench`` or ``worker``, its
arguments, the working folder, the environment, and the files that take standard output and error.
The answer is a line with the exit status; where the request says ``background`` it is the process,
which is waited for by a request of its own, ``{"wait": pid}``.

A command's process is its own, so that plug-ins leave nothing behind. Its workers, and the clean
processes that code of plug-ins is forked from, are forked where they would else be started.
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
import traceback
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from imbnas.cli import main
from imbnas.isolation.processes import ForkServer
from imbnas.isolation.server import serve
from imbnas.runs import supervisor, worker
from imbnas.runs.executors.registry import EXECUTORS

if TYPE_CHECKING:
    from imbnas.runs.executors.executor import Show
    from imbnas.runs.queue.queue import Queue, RunProgress
    from imbnas.runs.request import RunRequest

IMPORTED = (
    "pandas",
    "tabulate",
    "timm",
    "torch._dynamo",
    "imbnas.execution.runner",
    "imbnas.leaderboards.tables.build",
    "imbnas.suites.resolve",
)
"""What nearly every run takes seconds to import."""
START = ForkServer._running


@EXECUTORS.register("here", version="1", summary="one worker in the process of the command")
class HereExecutor:
    """For runs whose result matters, not how their processes come and go."""

    def run(self, request: "RunRequest", queue: "Queue", show: "Show") -> "RunProgress":
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

    def running(self: ForkServer) -> socket.socket:
        if self._control is None and clean:
            self._process = clean.pop()  # type: ignore[assignment]
            self._control = self._process.control  # type: ignore[union-attr]
        return START(self)

    ForkServer._running = running  # type: ignore[method-assign]


class ForkedWorker:
    """A worker as ``subprocess.Popen`` starts it for a supervisor."""

    def __init__(
        self, command: list[str], env: dict[str, str], pass_fds: Sequence[int], **_: object
    ) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            os.setsid()
            request = {"folder": ".", "environment": env, "errors": "/dev/stderr"}
            request |= {"program": "worker", "arguments": command[3:], "output": os.devnull}
            give([CleanProcess(request, [])])
            run(request)

    def poll(self) -> int | None:
        return self.wait(os.WNOHANG)

    def wait(self, options: int = 0) -> int | None:
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def requests() -> Iterator[dict[str, Any]]:
    """Yield each request in a process of its own, which is to end with it."""
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            answer(_status(request["wait"]))
            continue
        clean: list[CleanProcess] = []
        if "--plugin" in request["arguments"]:
            for _ in range(2):  # one resolves or plans, one executes
                clean.append(CleanProcess(request, clean))
        child = os.fork()
        if child == 0:
            give(clean)
            supervisor.subprocess = SimpleNamespace(  # type: ignore[attr-defined]
                Popen=ForkedWorker, DEVNULL=subprocess.DEVNULL
            )
            yield request
            return
        for each in clean:
            each.release()
        if request["background"]:
            answer(child)
            continue
        answer(_status(child))
        for each in clean:
            os.waitpid(each.pid, 0)


def answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _status(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def enter(request: dict[str, Any], output: str) -> None:
    """Take a command's folder, environment and files for those of this process."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ
    for number, name in enumerate((os.devnull, output, request["errors"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)


def run(request: dict[str, Any]) -> None:
    """Do what the program does; never returns."""
    enter(request, request["output"])
    try:
        if request["program"] == "worker":
            sys.exit(worker.main(request["arguments"]))
        main(request["arguments"])
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        # The regular end takes apart all that was imported, which takes a second.
        os._exit(int(end.code or 0))
    except BaseException:
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # collections in a fork would copy what was imported
    for request in requests():
        run(request)
