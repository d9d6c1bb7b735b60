"""Damaged records: found, and moved aside so that their units are done again."""

from itertools import count
from pathlib import Path

from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedRecordError

CHECKED_RECORDS = 5000
"""Up to so many records a look at the state of a run reads them; a larger one it counts by name."""


def damaged_records(directory: RunDirectory, most: int | None = None) -> list[DamagedRecordError]:
    """Every damaged record; none if the run has more than ``most`` records."""
    damaged: list[DamagedRecordError] = []
    if most is None or len(directory.finished()) <= most:
        for _ in directory.records(damaged.append):
            pass
    return damaged


def quarantine_all(directory: RunDirectory) -> list[str]:
    """Move every damaged record aside and tell, one line each, what was wrong with it."""
    return [
        f"{error}; it lies now in {quarantine(directory, error.path)}"
        for error in damaged_records(directory)
    ]


def quarantine(directory: RunDirectory, path: Path) -> Path:
    """Move one damaged record to ``quarantine/``; whatever lies there is kept.

    Returns:
        Where it is now.
    """
    directory.quarantine.mkdir(exist_ok=True)
    kind = path.parent.parent.name
    for number in count():
        target = directory.quarantine / f"{kind}.{path.stem}.{number}.json"
        if not target.exists():
            path.rename(target)
            break
    return target
