"""Who is at work on which unit, read from claims."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.logs import full_label
from imbnas.units.unit import Unit


@dataclass(frozen=True)
class Running:
    """A unit that a worker has claimed.

    Attributes:
        identity: of the unit.
        label: one line; the beginning of the identity where the plan does not know it.
        host: of the worker.
        pid: of the worker.
        silent: seconds since the worker last showed that it is alive.
    """

    identity: str
    label: str
    host: str
    pid: int
    silent: float


def running_units(directory: RunDirectory, units: Mapping[str, Unit]) -> tuple[Running, ...]:
    """Units that are claimed and not finished, sorted by host and process."""
    finished = directory.finished()
    found = (
        _read(path, units) for path in directory.claims.glob("*.json") if path.stem not in finished
    )
    return tuple(sorted(filter(None, found), key=lambda one: (one.host, one.pid)))


def _read(path: Path, units: Mapping[str, Unit]) -> Running | None:
    try:
        owner = json.loads(path.read_bytes())
        silent = max(0.0, time.time() - path.stat().st_mtime)
        host, pid = str(owner["host"]), int(owner["pid"])
    except (OSError, ValueError, TypeError, KeyError):
        return None  # released meanwhile, or cut off by a power failure
    unit = units.get(path.stem)
    label = full_label(unit) if unit else path.stem[:12]
    return Running(path.stem, label, host, pid, silent)
