"""Executes units in this process and makes their records."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch

from imbnas.data import DataLocations, Manifest
from imbnas.execution.attempts import Attempt, SingleAttempt
from imbnas.execution.data_pool import DataPool
from imbnas.execution.kinds import do_unit
from imbnas.execution.malloc import keep_freed_memory
from imbnas.execution.outcome import Outcome
from imbnas.execution.stack import train_stack
from imbnas.execution.store import Store
from imbnas.units.records import Record
from imbnas.units.unit import DeviceType, TrainUnit, Unit


class Runner:
    """Executes units one after the other in this process, single-threaded on a CPU.

    What code of plug-ins does here stays here; workers use ``Executor``.

    Args:
        store: results of earlier units.
        locations: where data lies.
        device_type: where networks run.
        pins: manifests that take the place of what their conditions would resolve to.
        attempt: gives the clock of a unit, or of units that are done together, and the place where
            their state is kept until they end.
        pool: makes what holds the data.
    """

    def __init__(
        self,
        store: Store,
        locations: DataLocations,
        device_type: DeviceType = "cpu",
        pins: Sequence[Manifest] = (),
        attempt: Callable[[Sequence[Unit]], Attempt] = SingleAttempt,
        pool: Callable[..., DataPool] = DataPool,
    ) -> None:
        prepare_process()
        self._pool = pool(locations, torch.device(device_type), pins)
        self._store = store
        self._attempt = attempt

    @property
    def pool(self) -> DataPool:
        """What holds the data."""
        return self._pool

    def execute(self, unit: Unit) -> Record:
        """Do the work of a unit.

        torch's global generator is put back afterwards; what a unit draws from it follows from
        the unit alone.
        """
        if isinstance(unit, TrainUnit) and unit.stack > 1:
            (done,) = self.execute_stack([unit])
            if isinstance(done, Exception):
                raise done
            return done
        attempt = self._attempt([unit])
        with own_random_state(self._pool.device):
            outcome = do_unit(unit, self._pool, self._store, attempt)
        return outcome.record(unit, attempt.seconds)

    def execute_stack(self, units: Sequence[TrainUnit]) -> list[Record | Exception]:
        """Do the work of units that are stacked; a record or the reason of a failure for each.

        Each has the same share in the time.
        """
        attempt = self._attempt(units)
        with own_random_state(self._pool.device):
            outcomes = train_stack(units, self._pool, attempt)
        return records_of(units, outcomes, attempt.seconds)


def prepare_process() -> None:
    """Let torch compute in this process as in every other that does units."""
    # More threads would change the order of sums, and with it the result.
    torch.set_num_threads(1)
    keep_freed_memory()


def own_random_state(device: torch.device) -> AbstractContextManager[None]:
    """Put torch's global generators back when the block ends."""
    return torch.random.fork_rng(devices=[0] if device.type == "cuda" else [])


def records_of(
    units: Sequence[Unit], outcomes: Sequence[Outcome | Exception], seconds: float
) -> list[Record | Exception]:
    """The records of units that were done together and share the time, or why they failed."""
    share = seconds / len(units)
    return [
        outcome if isinstance(outcome, Exception) else outcome.record(unit, share)
        for unit, outcome in zip(units, outcomes, strict=True)
    ]
