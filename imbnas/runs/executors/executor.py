"""What every executor offers, and what it is given."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError, UnknownNameError
from imbnas.registry import build_entry
from imbnas.runs.executors.registry import EXECUTORS
from imbnas.runs.limits import Budget, Limits
from imbnas.runs.queue.queue import Queue
from imbnas.runs.queue.queue import RunProgress as Progress
from imbnas.runs.store.checkpoints import CHECKPOINT_SECONDS
from imbnas.runs.worker_command import location_flags
from imbnas.units.unit import DeviceType

Show = Callable[[Progress], None]


@dataclass(frozen=True)
class Order:
    """What an executor has done.

    Attributes:
        queue: the plan and the run directory.
        parts: names of the parts that workers do; ``None`` for all.
        locations: where data lies.
        workers: how many work at the same time.
        device_type: where networks run.
        limits: of each unit.
        budget: of this start.
        checkpoint_seconds: between two checkpoints of a unit at least.
    """

    queue: Queue
    parts: tuple[str, ...] | None
    locations: DataLocations
    workers: int
    device_type: DeviceType = "cpu"
    limits: Limits = field(default_factory=Limits)
    budget: Budget = field(default_factory=Budget)
    checkpoint_seconds: float = CHECKPOINT_SECONDS

    @property
    def command(self) -> list[str]:
        """Starts one worker, with this Python and absolute paths."""
        flags = [flag for part in self.parts or () for flag in ("--part", part)]
        patterns = self.queue.selection.patterns if self.queue.selection else ()
        flags += [flag for pattern in patterns for flag in ("--only", pattern)]
        flags += ["--checkpoint-seconds", f"{self.checkpoint_seconds:g}"]
        return [
            sys.executable,
            "-m",
            "imbnas.runs.worker",
            str(self.queue.directory.path.resolve()),
            *location_flags(self.locations.resolved()),
            *flags,
        ]


class Executor(Protocol):
    """Starts workers somewhere and waits for them.

    One that watches its workers itself, so that limits and budgets are kept, has a class
    attribute ``keeps_limits = True``.
    """

    def run(self, order: Order, show: Show) -> Progress | None:
        """Have everything done that can be done.

        Args:
            order: what is to be done.
            show: called now and then with the state of the run.

        Returns:
            The state at the end; ``None`` where the work was handed over and goes on elsewhere.
        """
        ...


def build_executor(name: str, options: Iterable[str] = ()) -> Executor:
    """Make an executor from ``KEY=VALUE`` texts.

    Raises:
        UnknownNameError: no executor has that name.
        InputError: an option is unknown or out of range.
    """
    parsed = _parsed(options)
    try:
        return build_entry(EXECUTORS, name, parsed)
    except UnknownNameError:
        raise
    except InputError as error:
        raise InputError(f"--executor-option: {error}") from None


def check_limits(executor: Executor, name: str, limits: Limits, budget: Budget) -> None:
    """Refuse limits and budgets that an executor cannot keep.

    Raises:
        InputError: some were asked for, and the executor does not watch its workers itself.
    """
    asked = limits != Limits() or budget != Budget()
    if asked and not getattr(executor, "keeps_limits", False):
        raise InputError(
            "--max-units, --time-budget and the limits of units need --executor local; "
            f"{name!r} cannot keep them, leave them out"
        )


def _parsed(options: Iterable[str]) -> dict[str, str]:
    parsed: dict[str, str] = {}
    for text in options:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise InputError(f"--executor-option {text!r}: write KEY=VALUE")
        if key in parsed:
            raise InputError(f"--executor-option {text!r}: {key!r} is given twice; give it once")
        parsed[key] = value
    return parsed
