"""What is asked of a run, in one object from the command line to the workers."""

from dataclasses import dataclass
from pathlib import Path

from imbnas.data.locations import DataLocations
from imbnas.data.manifests import Manifest
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.schema import SuiteFile
from imbnas.units.unit import DeviceType, Precision


@dataclass(frozen=True)
class RunRequest:
    """What a user asks for, names looked up.

    Attributes:
        suite: as read.
        fidelity: one of the suite's.
        parts: names of parts; ``None`` for all.
        directory: where the run is, or will be.
        reused: further directories whose units are known.
        locations: where data lies.
        device_type: where networks run.
        precision: of forward passes.
        compiled: whether trainings go through ``torch.compile``.
        replicates: ``None`` for those of the directory or the fidelity.
        plugins: plug-in files, which are loaded.
        pins: manifests given.
        workers: processes.
    """

    suite: SuiteFile
    fidelity: str
    parts: tuple[str, ...] | None
    directory: RunDirectory
    reused: tuple[RunDirectory, ...]
    locations: DataLocations
    device_type: DeviceType
    precision: Precision
    compiled: bool
    replicates: int | None
    plugins: tuple[Path, ...]
    pins: tuple[Manifest, ...]
    workers: int
