"""A plain ``sbatch`` script, for clusters that are submitted to by hand."""

import shlex
import sys
from typing import Annotated

from pydantic import Field

from imbnas.runs.executors.executor import Show, gpus_of_worker
from imbnas.runs.queue.queue import Queue
from imbnas.runs.request import RunRequest
from imbnas.runs.store.files import replace_file
from imbnas.runs.worker_command import UNTIL, worker_command
from imbnas.runs.worker_environment import worker_environment
from imbnas.units.frozen import FrozenModel

_SIGNAL_SECONDS = 120


class ScriptExecutor(FrozenModel):
    """Options of the script executor.

    Attributes:
        minutes: wall-clock time of a job; a worker takes no unit that the rest does not allow.
        partition: of the jobs.
        account: of the jobs.
        qos: quality of service.
        mem_gb: memory of a worker.
        cpus_per_task: a worker computes on one; the others decode images.
        gpus: of a worker; 1 where the run is on CUDA.
    """

    minutes: Annotated[int, Field(ge=5)] = 240
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    mem_gb: Annotated[int, Field(ge=1)] = 4
    cpus_per_task: Annotated[int, Field(ge=1)] = 1
    gpus: Annotated[int, Field(ge=0)] | None = None

    def run(self, request: RunRequest, queue: Queue, show: Show) -> None:
        """Write ``RUN/workers.sbatch`` and say how to submit it."""
        show(queue.progress())
        directory = request.directory
        path = directory.path / "workers.sbatch"
        (directory.path / "logs").mkdir(parents=True, exist_ok=True)
        replace_file(path, self.text(request).encode(), directory.temporary)
        sys.stderr.write(
            f"submit the workers with: sbatch {shlex.quote(str(path))}\n"
            "then, when they have ended, give the same command without --executor for the tables\n"
        )

    def text(self, request: RunRequest) -> str:
        """The script."""
        folder = request.directory.path.resolve()
        gpus = gpus_of_worker(self.gpus, request)
        settings = {
            "job-name": "imbnas",
            "array": f"0-{request.workers - 1}",
            "time": self.minutes,
            "mem": f"{self.mem_gb}G",
            "cpus-per-task": self.cpus_per_task,
            "partition": self.partition,
            "account": self.account,
            "qos": self.qos,
            "gres": f"gpu:{gpus}" if gpus else None,
            "output": f"{folder}/logs/slurm-%A_%a.out",
            "open-mode": "append",
            # The shell becomes the worker, which ends after its unit on this signal.
            "signal": f"B:TERM@{_SIGNAL_SECONDS}",
        }
        directives = [
            f"#SBATCH --{key}={shlex.quote(str(value))}"
            for key, value in settings.items()
            if value is not None
        ]
        exports = [
            f"export {name}={shlex.quote(value)}"
            for name, value in worker_environment(request).items()
        ]
        seconds = 60 * self.minutes - _SIGNAL_SECONDS
        lines = [
            "#!/bin/bash",
            *directives,
            "#SBATCH --requeue",
            "",
            "set -euo pipefail",
            *exports,
            f"until=$(($(date +%s) + {seconds}))",
            f'exec {shlex.join(worker_command(request))} {UNTIL} "$until"',
        ]
        return "\n".join(lines) + "\n"
