"""A process that times a few steps of a few units when it is told to.

Run as ``python -m imbnas.planning.calibrator``: it reads a ``CalibrationJob`` from each line of
standard input and answers with a ``Paces`` line. Nothing is written to disk.
"""

import sys
from pathlib import Path

from imbnas.data.locations import DataLocations
from imbnas.data.manifests import Manifest
from imbnas.planning.pace import Pace
from imbnas.units.frozen import FrozenModel
from imbnas.units.unit import DeviceType, SupernetUnit, TrainUnit


class CalibrationJob(FrozenModel):
    """What is to be timed, and where its data lies.

    Attributes:
        networks: trainings of single networks.
        supernets: trainings of supernets.
        device_type: where networks run.
        root: see ``DataLocations``.
        paths: see ``DataLocations``.
        offline: see ``DataLocations``.
        cache: see ``DataLocations``.
        plugins: plug-in files to load first.
        pins: manifests that take the place of what their conditions would resolve to.
    """

    networks: tuple[TrainUnit, ...]
    supernets: tuple[SupernetUnit, ...]
    device_type: DeviceType
    root: Path | None
    paths: tuple[tuple[str, Path], ...]
    offline: bool
    cache: Path
    plugins: tuple[Path, ...] = ()
    pins: tuple[Manifest, ...] = ()

    @property
    def locations(self) -> DataLocations:
        """Where data lies."""
        return DataLocations(self.root, self.paths, self.offline, self.cache)


class Paces(FrozenModel):
    """The answer, in the order of the job."""

    networks: tuple[Pace, ...]
    supernets: tuple[Pace, ...]


def main() -> int:
    """Entry point of the calibrating process."""
    import torch

    from imbnas.execution.data_pool import DataPool
    from imbnas.planning.pace import measure
    from imbnas.registry import load_plugins

    torch.set_num_threads(1)
    shelves: dict[str, DataPool] = {}
    for line in sys.stdin:
        job = CalibrationJob.model_validate_json(line)
        load_plugins(job.plugins)
        place = f"{job.locations} {[pin.sha256 for pin in job.pins]}"
        shelf = shelves.setdefault(
            place, DataPool(job.locations, torch.device(job.device_type), job.pins)
        )
        paces = Paces(
            networks=tuple(measure(unit, shelf) for unit in job.networks),
            supernets=tuple(measure(unit, shelf) for unit in job.supernets),
        )
        print(paces.model_dump_json(), flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
