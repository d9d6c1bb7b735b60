"""What every executor offers, and what it is given."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from imbnas.errors import InputError
from imbnas.runs.limits import Budget, Limits
from imbnas.runs.queue.queue import Queue, RunProgress
from imbnas.runs.request import RunRequest

_PACKAGES = {"ray": "ray", "slurm": "submitit"}

Show = Callable[[RunProgress], None]


class Executor(Protocol):
    """Starts workers somewhere and waits for them.

    One that watches its workers itself, so that limits and budgets are kept, has a class
    attribute ``keeps_limits = True``.
    """

    def run(self, request: RunRequest, queue: Queue, show: Show) -> RunProgress | None:
        """Have everything done that can be done.

        Args:
            request: how it is done.
            queue: what is to be done.
            show: called now and then with the state of the run.

        Returns:
            The state at the end; ``None`` where the work was handed over and goes on elsewhere.
        """


def check_limits(executor: Executor, name: str, request: RunRequest) -> None:
    """Refuse limits and budgets that an executor cannot keep.

    Raises:
        InputError: there are some, and the executor does not watch its workers itself.
    """
    limited = (request.limits, request.budget) != (Limits(), Budget())
    if limited and not getattr(executor, "keeps_limits", False):
        raise InputError(
            "--max-units, --time-budget and the limits of units need --executor local; "
            f"{name!r} cannot keep them, leave them out"
        )


def gpus_of_worker(given: float | None, request: RunRequest) -> float | None:
    """GPUs to reserve for a worker: as many as given, else 1 where the run is on CUDA."""
    return 1 if given is None and request.device_type == "cuda" else given


def import_extra(name: str) -> Any:
    """Import the package that an executor needs, which is an extra of imbnas.

    Raises:
        InputError: it is not installed.
    """
    try:
        return import_module(_PACKAGES[name])
    except ImportError:
        raise InputError(
            f"--executor {name}: the package {_PACKAGES[name]} is missing; "
            f"pip install 'imbnas[{name}]'"
        ) from None
