"""Damaged records: found, and moved aside so that their units are done again."""

from itertools import count, islice
from pathlib import Path

from imbnas.runs.directory import DamagedRecordError, RunDirectory

CHECKED_RECORDS = 5000
"""Records that a look at the state of a run reads at most; a larger run is counted by names."""


def damaged_records(directory: RunDirectory, most: int | None = None) -> list[DamagedRecordError]:
    """Every damaged record among the first ``most``, or among all."""
    damaged: list[DamagedRecordError] = []
    for _ in islice(directory.records(damaged.append), most):
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
