"""An array of workers on SLURM through submitit."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from imbnas.errors import InputError
from imbnas.isolation.environment import environment_of_children
from imbnas.isolation.launcher import launching, safe_path
from imbnas.runs.executors.executor import Show, gpus_of_worker, import_extra
from imbnas.runs.executors.job import WorkerJob
from imbnas.runs.executors.waiting import wait_for
from imbnas.runs.queue.queue import Queue, RunProgress
from imbnas.runs.request import RunRequest
from imbnas.runs.worker_command import worker_command
from imbnas.runs.worker_environment import worker_environment
from imbnas.units.frozen import FrozenModel

if TYPE_CHECKING:
    import submitit

_POLL_SECONDS = 5.0


class SlurmExecutor(FrozenModel):
    """Options of the SLURM executor.

    Attributes:
        minutes: wall-clock time of a job; a worker takes no unit that the rest does not allow.
        partition: of the jobs.
        account: of the jobs.
        qos: quality of service.
        constraint: features that nodes must have.
        mem_gb: memory of a worker.
        cpus_per_task: a worker computes on one; the others decode images.
        gpus_per_node: of a worker; 1 where the run is on CUDA.
        array_parallelism: most workers at the same time; all where not given.
        requeues: how often a job may be requeued at the end of its time.
        wait: wait for the jobs and show progress; otherwise leave them to the cluster.
        cluster: ``local`` starts the same jobs without SLURM, on this machine.
        poll_seconds: between two looks at the run directory.
    """

    minutes: Annotated[int, Field(ge=5)] = 240
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    mem_gb: Annotated[float, Field(gt=0)] = 4
    cpus_per_task: Annotated[int, Field(ge=1)] = 1
    gpus_per_node: Annotated[int, Field(ge=0)] | None = None
    array_parallelism: Annotated[int, Field(ge=1)] | None = None
    requeues: Annotated[int, Field(ge=0)] = 100
    wait: bool = True
    cluster: Literal["slurm", "local"] = "slurm"
    poll_seconds: Annotated[float, Field(gt=0)] = _POLL_SECONDS

    def run(self, request: RunRequest, queue: Queue, show: Show) -> RunProgress | None:
        """Submit one array of workers.

        Raises:
            InputError: submitit or SLURM is not there, or SLURM refuses.
        """
        progress = queue.progress()
        show(progress)
        count = min(request.workers, progress.left)
        if not count:
            return progress
        jobs = self._submit(request, count)
        names = ", ".join(dict.fromkeys(job.job_id.partition("_")[0] for job in jobs))
        sys.stderr.write(f"submitted {count} worker(s) as job {names}\n")
        if not self.wait:
            return None
        try:
            return wait_for(queue, show, lambda: all(job.done() for job in jobs), self.poll_seconds)
        except KeyboardInterrupt:
            sys.stderr.write(f"the workers go on; end them with: scancel {names}\n")
            raise

    def _submit(self, request: RunRequest, count: int) -> "list[submitit.Job[int]]":
        submitit = import_extra("slurm")
        job = WorkerJob(worker_command(request), worker_environment(request), self.minutes)
        try:
            # submitit starts ``-m`` modules, which would look into the working directory first.
            python = {f"{self.cluster}_python": shlex.join(launching("-u"))}
            executor = submitit.AutoExecutor(
                folder=private_folder(request.directory.path / "submitit"),
                cluster=self.cluster,
                slurm_max_num_timeout=self.requeues,
                **python,
            )
            executor.update_parameters(**self._parameters(request, count))
            with environment_of_children(safe_path()), executor.batch():
                jobs = [executor.submit(job) for _ in range(count)]
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            raise InputError(
                f"--executor slurm: {' '.join(str(error).split())}; submit from a machine where "
                "sbatch works, or use --executor script"
            ) from None
        return jobs

    def _parameters(self, request: RunRequest, count: int) -> dict[str, Any]:
        given = {
            "slurm_partition": self.partition,
            "slurm_account": self.account,
            "slurm_qos": self.qos,
            "slurm_constraint": self.constraint,
            "gpus_per_node": gpus_of_worker(self.gpus_per_node, request),
        }
        return {
            "name": "imbnas",
            "timeout_min": self.minutes,
            "mem_gb": self.mem_gb,
            "cpus_per_task": self.cpus_per_task,
            "slurm_array_parallelism": self.array_parallelism or count,
            "slurm_additional_parameters": {"requeue": True},
            **{key: value for key, value in given.items() if value is not None},
        }


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can read or write: submitit's files there are pickles."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path.resolve()
