"""What a cluster's task does: it starts the worker and hands signals on to it."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from imbnas.isolation.launcher import safe_path
from imbnas.runs.worker_command import process_flags

_GRACE_SECONDS = 45.0
"""How long a worker may go on with its unit when its task is about to end."""

_POLL_SECONDS = 0.1

_STOP = signal.SIGUSR1
"""Asks a worker to stop at its unit's next checkpoint, or when the unit is finished."""


class WorkerDiedError(RuntimeError):
    """A worker ended with another status than 0."""


class WorkerJob:
    """Starts one worker; it holds nothing but a command, and state is read from the run's disk.

    submitit keeps it as a file and calls it, and ``checkpoint`` when the task is preempted or at
    the end of its time.

    Args:
        command: starts the worker.
        environment: of the worker, beyond the task's own.
        minutes: wall-clock time of the task; ``None`` for no limit.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        minutes: float | None = None,
    ) -> None:
        self.command = list(command)
        self.environment = dict(environment)
        self.minutes = minutes
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> int:
        """Work until nothing is left or time does not allow another unit.

        Raises:
            WorkerDiedError: the worker crashed or was killed.
        """
        until = self.minutes and time.time() + 60 * self.minutes - _GRACE_SECONDS
        self._process = subprocess.Popen(
            [*self.command, *process_flags(os.getpid(), until=until)],
            env={**os.environ, **safe_path(), **self.environment},
            # SLURM may signal every process of a task; only the task itself handles this signal.
            preexec_fn=_ignore_requeue_signal,
            start_new_session=True,
        )
        # Not wait(): the handler of a signal could not look at the process meanwhile.
        while (status := self._process.poll()) is None:
            time.sleep(_POLL_SECONDS)
        if status != 0:
            raise WorkerDiedError(f"the worker ended with status {status}")
        return status

    def checkpoint(self) -> object:
        """Let the worker finish its unit if it can, and ask to be started again."""
        from submitit.helpers import DelayedSubmission

        process = self._process
        if process is not None:
            process.send_signal(_STOP)
            end = time.monotonic() + _GRACE_SECONDS
            while process.poll() is None and time.monotonic() < end:
                time.sleep(_POLL_SECONDS)
            process.kill()
        return DelayedSubmission(WorkerJob(self.command, self.environment, self.minutes))


def _ignore_requeue_signal() -> None:
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
