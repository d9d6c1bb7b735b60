"""What is asked of a suite before its names are looked up."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from imbnas.data import DataLocations, Manifest
from imbnas.registry import Plugin
from imbnas.suites.fidelity import Fidelity
from imbnas.suites.schema import SuiteFile
from imbnas.units.unit import Computation, DeviceType, Precision

ON_CPU = Computation(device_type="cpu", precision="float32")


@dataclass(frozen=True)
class SuiteRequest:
    """A suite, its fidelity and everything else that its units depend on.

    Attributes:
        suite: as read.
        fidelity: name of one of the suite's fidelities.
        locations: where data lies.
        computation: how networks are computed.
        replicates: ``None`` for the fidelity's number.
        first_replicate: number of the first of them; another one repeats the suite with other
            subsets of images and other randomness. ``None`` for 0, or what a run holds.
        pins: manifests that take the place of what their conditions would resolve to.
        plugins: plug-in files, as they were read.
        added: what the command line added to the suite's parts, by kind; the suite holds it.
        modified: see ``ResolvedSuite``.
    """

    suite: SuiteFile
    fidelity: str
    locations: DataLocations
    computation: Computation = ON_CPU
    replicates: int | None = None
    first_replicate: int | None = None
    pins: tuple[Manifest, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    modified: str | None = None

    @property
    def settings(self) -> Fidelity:
        """The fidelity itself."""
        return self.suite.fidelities[self.fidelity]

    @property
    def scoped(self) -> SuiteFile:
        """The suite with the parts of the fidelity."""
        return self.suite.at(self.fidelity)

    @property
    def device_type(self) -> DeviceType:
        """Where networks run."""
        return self.computation.device_type

    @property
    def precision(self) -> Precision:
        """Of forward passes."""
        return self.computation.precision

    @property
    def compiled(self) -> bool:
        """Whether trainings go through ``torch.compile``."""
        return self.computation.compiled

    @property
    def cuda_graphs(self) -> bool:
        """Whether training steps are captured in CUDA graphs."""
        return self.computation.cuda_graphs

    @property
    def reproducible(self) -> bool:
        """Whether libraries are held to instructions that all processors with AVX2 have."""
        return self.computation.reproducible
