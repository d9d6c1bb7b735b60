"""Worker processes on this machine, kept alive by a supervisor."""

import os
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from imbnas.runs.executors.executor import Show
from imbnas.runs.gpus import GpuShares, visible_gpus
from imbnas.runs.queue.queue import Queue, RunProgress
from imbnas.runs.request import RunRequest
from imbnas.runs.supervisor import Supervisor
from imbnas.units.frozen import FrozenModel


class LocalExecutor(FrozenModel):
    """Options of the local executor.

    Attributes:
        workers_per_gpu: processes that share a GPU, in place of the number of workers; of no effect
            on the CPU. However many workers there are, they are spread evenly over the GPUs.
    """

    workers_per_gpu: Annotated[int, Field(ge=1)] | None = None

    keeps_limits: ClassVar[bool] = True

    def run(self, request: RunRequest, queue: Queue, show: Show) -> RunProgress:
        """See ``Executor``."""
        gpus = _gpus() if request.device_type == "cuda" else ()
        workers = (self.workers_per_gpu or 0) * len(gpus) or request.workers
        supervisor = Supervisor(replace(request, workers=workers), queue, GpuShares(gpus))
        return replace(supervisor.run(show), stopped_by=supervisor.stopped_by)


def _gpus() -> tuple[str, ...]:
    import torch

    return visible_gpus(torch.cuda.device_count(), os.environ)
