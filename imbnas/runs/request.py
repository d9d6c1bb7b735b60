"""What is asked of a run, in one object from the command line to the workers."""

from dataclasses import dataclass, field

from imbnas.runs.limits import Budget, Limits
from imbnas.runs.store.checkpoints import CHECKPOINT_SECONDS
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.request import SuiteRequest


@dataclass(frozen=True, kw_only=True)
class RunRequest(SuiteRequest):
    """What is asked of a suite, and how much of it is run, where, and within which limits.

    Attributes:
        directory: where the run is, or will be.
        workers: processes that work at the same time.
        parts: names of parts of the suite; ``None`` for all.
        only: patterns of labels or identities of which a unit must match one; empty for all.
        reused: further directories whose units are known.
        limits: of each unit.
        budget: of this start.
        checkpoint_seconds: between two checkpoints of a unit at least.
        launcher: command that local workers are started through, and that becomes the worker, such
            as one that takes the network away; empty for none.
    """

    directory: RunDirectory
    workers: int
    parts: tuple[str, ...] | None = None
    only: tuple[str, ...] = ()
    reused: tuple[RunDirectory, ...] = ()
    limits: Limits = field(default_factory=Limits)
    budget: Budget = field(default_factory=Budget)
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    launcher: tuple[str, ...] = ()
