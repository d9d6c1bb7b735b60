"""Workers as tasks of a Ray cluster."""

import socket
import sys
from collections.abc import Callable
from contextlib import chdir
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from pydantic import Field

from imbnas.errors import InputError
from imbnas.isolation.environment import environment_of_children
from imbnas.isolation.launcher import safe_path
from imbnas.runs.executors.executor import Show, gpus_of_worker, import_extra
from imbnas.runs.executors.job import WorkerDiedError, WorkerJob
from imbnas.runs.executors.waiting import wait_for
from imbnas.runs.queue.queue import Queue, RunProgress
from imbnas.runs.request import RunRequest
from imbnas.runs.worker_command import worker_command
from imbnas.runs.worker_environment import worker_environment
from imbnas.units.frozen import FrozenModel

_RESTARTS = 10
_KNOCK_SECONDS = 10.0


class RayExecutor(FrozenModel):
    """Options of the Ray executor.

    Attributes:
        address: of an existing cluster (``auto`` or ``HOST:PORT``); a local one is started where
            not given. All nodes must see the run directory and have imbnas installed.
        cpus_per_worker: that Ray reserves.
        gpus_per_worker: that Ray reserves; 1 where the run is on CUDA.
        poll_seconds: between two looks at the run directory.
    """

    address: str | None = None
    cpus_per_worker: Annotated[float, Field(gt=0)] = 1
    gpus_per_worker: Annotated[float, Field(ge=0)] | None = None
    poll_seconds: Annotated[float, Field(gt=0)] = 1.0

    def run(self, request: RunRequest, queue: Queue, show: Show) -> RunProgress:
        """Start one task for each worker; a worker that is killed is started again.

        Raises:
            InputError: Ray is not installed, or its cluster cannot be reached.
        """
        ray = import_extra("ray")
        progress = queue.progress()
        show(progress)
        count = min(request.workers, progress.left)
        if not count:
            return progress
        with TemporaryDirectory() as nothing:
            self._connect(ray, count, nothing)
            try:
                tasks = _Tasks(ray, self._starter(ray, request), count)
                return wait_for(queue, show, tasks.ended, self.poll_seconds)
            finally:
                ray.shutdown()

    def _connect(self, ray: Any, count: int, nothing: str) -> None:
        """Connect to a cluster, or start one; ``nothing`` is an empty folder."""
        options: dict[str, Any] = {"address": self.address or "local", "log_to_driver": False}
        if self.address is None:
            # Anyone who reaches a Ray port can run code, so nothing here listens to the outside.
            options |= {
                "num_cpus": max(1, round(count * self.cpus_per_worker)),
                "include_dashboard": False,
                "_node_ip_address": "127.0.0.1",
            }
        try:
            _knock(self.address)
            # Ray lets its processes import from the driver's working directory before all else.
            with environment_of_children(safe_path()), chdir(nothing):
                ray.init(**options)
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"--executor-option address={self.address}: no Ray cluster there "
                f"({' '.join(str(error).split())}); start one, or leave the option out"
            ) from None

    def _starter(self, ray: Any, request: RunRequest) -> Callable[[], Any]:
        gpus = gpus_of_worker(self.gpus_per_worker, request) or 0
        task = ray.remote(num_cpus=self.cpus_per_worker, num_gpus=gpus, max_retries=_RESTARTS)(
            _work
        )
        return lambda: task.remote(worker_command(request), worker_environment(request))


def _knock(address: str | None) -> None:
    """Try to connect, because Ray itself tries for nine minutes.

    Raises:
        OSError: nothing listens there.
    """
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=_KNOCK_SECONDS).close()


class _Tasks:
    """The tasks of a run.

    Args:
        ray: the module.
        start: starts a task.
        count: how many work at the same time.
    """

    def __init__(self, ray: Any, start: Callable[[], Any], count: int) -> None:
        self._ray = ray
        self._start = start
        self._running = [start() for _ in range(count)]
        self._restarts = _RESTARTS

    def ended(self) -> bool:
        """Whether all have ended, after starting those again whose worker died."""
        finished, self._running = self._ray.wait(
            self._running, num_returns=len(self._running), timeout=0
        )
        for task in finished:
            try:
                self._ray.get(task)
            except (WorkerDiedError, self._ray.exceptions.RayError) as error:
                reason = str(error).strip().splitlines()[-1]
                sys.stderr.write(f"a worker died: {reason}\n")
                if self._restarts:
                    self._restarts -= 1
                    self._running.append(self._start())
        return not self._running


def _work(command: list[str], environment: dict[str, str]) -> int:
    return WorkerJob(command, environment)()
