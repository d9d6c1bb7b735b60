"""Executes any unit and makes its record."""

import time
from typing import TYPE_CHECKING

import torch

from imbnas.execution.outcome import Outcome
from imbnas.execution.provenance import device_name, provenance
from imbnas.execution.ranking import rank
from imbnas.execution.shelf import Shelf
from imbnas.execution.supernets import SupernetExecution
from imbnas.execution.train import train
from imbnas.units.records import Cost, Record
from imbnas.units.work import AdaptUnit, RankUnit, SearchUnit, SupernetUnit, TrainUnit, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imbnas.data.locations import DataLocations
    from imbnas.data.manifests import Manifest
    from imbnas.execution.store import Store
    from imbnas.units.work import DeviceType


class Executor:
    """Executes units one after the other in this process, single-threaded on a CPU.

    Args:
        store: results of earlier units.
        locations: where data lies.
        device_type: where networks run.
        pins: manifests that take the place of what their conditions would resolve to.
    """

    def __init__(
        self,
        store: "Store",
        locations: "DataLocations",
        device_type: "DeviceType" = "cpu",
        pins: "Sequence[Manifest]" = (),
    ) -> None:
        # More threads would change the order of sums, and with it the result.
        torch.set_num_threads(1)
        self._shelf = Shelf(locations, torch.device(device_type), pins)
        self._supernets = SupernetExecution(self._shelf, store)

    def execute(self, unit: Unit) -> Record:
        """Do the work of a unit.

        torch's global generator is put back afterwards; what a unit draws from it follows from
        the unit alone.
        """
        start = time.perf_counter()
        devices = [0] if self._shelf.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            outcome = self._outcome(unit)
        seconds = time.perf_counter() - start
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

    def _outcome(self, unit: Unit) -> Outcome:
        match unit:
            case TrainUnit():
                return train(unit, self._shelf)
            case SupernetUnit():
                return self._supernets.supernet(unit)
            case AdaptUnit():
                return self._supernets.adapt(unit)
            case SearchUnit():
                return self._supernets.search(unit)
            case RankUnit():
                return rank(unit, self._shelf)
