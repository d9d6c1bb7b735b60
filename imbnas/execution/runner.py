"""Executes any unit and makes its record."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch

from imbnas.data import DataLocations, Manifest
from imbnas.execution.attempts import Attempt, SingleAttempt
from imbnas.execution.data_pool import DataPool
from imbnas.execution.malloc import keep_freed_memory
from imbnas.execution.outcome import Outcome
from imbnas.execution.provenance import device_name, provenance
from imbnas.execution.rank import rank
from imbnas.execution.stack import train_stack
from imbnas.execution.store import Store
from imbnas.execution.supernets import SupernetExecution
from imbnas.execution.train import train
from imbnas.training.checkpoints import Checkpoints
from imbnas.units.records import Cost, Record
from imbnas.units.unit import (
    AdaptUnit,
    DeviceType,
    RankUnit,
    SearchUnit,
    SupernetUnit,
    TrainUnit,
    Unit,
)


class Runner:
    """Executes units one after the other in this process, single-threaded on a CPU.

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
        # More threads would change the order of sums, and with it the result.
        torch.set_num_threads(1)
        keep_freed_memory()
        self._pool = pool(locations, torch.device(device_type), pins)
        self._store = store
        self._attempt = attempt

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
        with self._own_random_state():
            outcome = self._outcome(unit, attempt)
        return _record(unit, outcome, attempt.seconds)

    def execute_stack(self, units: Sequence[TrainUnit]) -> list[Record | Exception]:
        """Do the work of units that are stacked; a record or the reason of a failure for each.

        Each has the same share in the time.
        """
        attempt = self._attempt(units)
        with self._own_random_state():
            outcomes = train_stack(units, self._pool, attempt)
        share = attempt.seconds / len(units)
        return [
            outcome if isinstance(outcome, Exception) else _record(unit, outcome, share)
            for unit, outcome in zip(units, outcomes, strict=True)
        ]

    def _own_random_state(self) -> AbstractContextManager[None]:
        devices = [0] if self._pool.device.type == "cuda" else []
        return torch.random.fork_rng(devices=devices)

    def _outcome(self, unit: Unit, checkpoints: Checkpoints) -> Outcome:
        supernets = SupernetExecution(self._pool, self._store, checkpoints)
        match unit:
            case TrainUnit():
                return train(unit, self._pool, checkpoints)
            case SupernetUnit():
                return supernets.supernet(unit)
            case AdaptUnit():
                return supernets.adapt(unit)
            case SearchUnit():
                return supernets.search(unit)
            case RankUnit():
                return rank(unit, self._pool)


def _record(unit: Unit, outcome: Outcome, seconds: float) -> Record:
    return Record(
        identity=unit.identity,
        unit=unit,
        metrics=outcome.metrics,
        cost=Cost(
            seconds=seconds,
            device=device_name(unit.device_type),
            images_seen=outcome.images_seen,
            macs=outcome.macs,
            train_images_per_second=outcome.train_images_per_second,
            latency=outcome.latency,
        ),
        provenance=provenance(),
    )
