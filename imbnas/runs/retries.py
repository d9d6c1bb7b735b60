"""Which units are tried again, and when: the one place that decides it.

- A missing unit is done by whichever worker comes to it; so is a claimed one whose owner is gone.
- A damaged one is missing again once its record is moved aside: by ``run`` before it starts, and by
  a worker whose unit needs the record.
- A failed one is tried again only after ``--retry-failed``. A unit fails when it raises an error,
  exceeds a limit, or when too many workers die while they do it.
- A blocked one waits for what it builds on.

A disk that cannot be written to is no unit's failure: the worker stops, and is not replaced.
"""

import signal
from collections import Counter
from dataclasses import dataclass, field

from imbnas.file_systems import DISK_FAULTS
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedRecordError

_CRASHES = 2
_KILLS = 4
_DEATHS_WITHOUT_UNIT = 3
_KILLED = {-signal.SIGKILL, -signal.SIGTERM}
_NUMBERS = {1: "a worker", 2: "two workers", 3: "three workers", 4: "four workers"}


def prepare_retries(directory: RunDirectory, failed: bool) -> list[str]:
    """Make units missing that a new start of a run is to try again.

    Args:
        directory: the run.
        failed: whether failed units are tried again.

    Returns:
        One line for each damaged record that was moved aside.
    """
    if failed:
        directory.forget_failures()
    return [move_aside(directory, error) for error in directory.damaged_records()]


def move_aside(directory: RunDirectory, error: DamagedRecordError) -> str:
    """Move a damaged record aside, so that its unit is done again, and say so in one line."""
    try:
        return f"{error}; it lies now in {directory.move_aside(error.path)}"
    except FileNotFoundError:
        return f"{error}; another worker has moved it aside"


def is_disk_fault(error: Exception) -> bool:
    """Whether an error says nothing about the unit but that nothing can be stored."""
    return isinstance(error, OSError) and error.errno in DISK_FAULTS


@dataclass
class WorkerDeaths:
    """Counts deaths of workers: a crash may be the unit's fault, a kill rarely is."""

    _of_units: Counter[str] = field(default_factory=Counter)
    _without_unit: int = 0

    def failure(self, identity: str, status: int) -> str | None:
        """Count the death of a worker that was doing a unit.

        Args:
            identity: of the unit.
            status: exit status of the worker.

        Returns:
            Why the unit has failed with it: it has crashed two workers, or four were killed;
            ``None`` if it is tried again.
        """
        self._of_units[identity] += 1
        deaths = self._of_units[identity]
        if deaths < (_KILLS if status in _KILLED else _CRASHES):
            return None
        return f"{_NUMBERS[deaths]} died while doing this unit, the last with status {status}"

    def is_replaced_without_unit(self) -> bool:
        """Count the death of a worker that had no unit; whether another one is started."""
        self._without_unit += 1
        return self._without_unit <= _DEATHS_WITHOUT_UNIT
