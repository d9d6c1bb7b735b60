"""Which worker is doing which unit, read from claims."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from imbnas.runs.queue.claims import known_owner
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
        silent: seconds since the worker's last heartbeat.
    """

    identity: str
    label: str
    host: str
    pid: int
    silent: float


def running_units(
    directory: RunDirectory, claimed: Iterable[str], units: Mapping[str, Unit]
) -> tuple[Running, ...]:
    """Claimed units, sorted by host and process; without claims that nobody can read.

    Args:
        directory: the run.
        claimed: identities, see ``UnitStates``.
        units: of the plan, by identity.
    """
    running = []
    for identity in claimed:
        path, unit = directory.claim_path(identity), units.get(identity)
        owner = known_owner(path)
        if owner is not None:
            with suppress(FileNotFoundError):  # released meanwhile
                silent = max(0.0, time.time() - path.lstat().st_mtime)
                label = full_label(unit) if unit else identity[:12]
                running.append(Running(identity, label, owner.host, owner.pid, silent))
    return tuple(sorted(running, key=lambda one: (one.host, one.pid)))
