"""Worker processes on this machine, kept alive by a supervisor."""

from dataclasses import replace
from typing import ClassVar

from imbnas.runs.executors.executor import Order, Show
from imbnas.runs.queue import Progress
from imbnas.runs.supervisor import Supervisor
from imbnas.units.frozen import FrozenModel


class LocalExecutor(FrozenModel):
    """Takes no options."""

    keeps_limits: ClassVar[bool] = True

    def run(self, order: Order, show: Show) -> Progress:
        """See ``Executor``."""
        supervisor = Supervisor(
            order.queue,
            order.parts,
            order.locations,
            order.workers,
            order.limits,
            order.budget,
            order.checkpoint_seconds,
        )
        return replace(supervisor.run(show), stopped_by=supervisor.stopped_by)
