"""Which worker is doing which unit, read from claims."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from imbnas.runs.queue.claims import known_owner
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.logs import full_label, units_reached
from imbnas.training.checkpoints import Reached
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
        reached: how far the unit is, such as ``epoch 12 of 200, loss 1.3``; empty where the worker
            has not said so yet.
        share: of its work that is done, in [0, 1]; 0 where that is not known.
    """

    identity: str
    label: str
    host: str
    pid: int
    silent: float
    reached: str = ""
    share: float = 0.0


def running_units(
    directory: RunDirectory, claimed: Iterable[str], units: Mapping[str, Unit]
) -> tuple[Running, ...]:
    """Claimed units, sorted by host and process; without claims that nobody can read.

    Args:
        directory: the run.
        claimed: identities, see ``UnitStates``.
        units: of the plan, by identity.
    """
    running, claimed = [], tuple(claimed)
    said = units_reached(directory.path, len(claimed))
    by_process: dict[tuple[str, int], Reached] = {}
    for identity in claimed:
        path, unit = directory.claim_path(identity), units.get(identity)
        owner = known_owner(path)
        if owner is not None:
            with suppress(FileNotFoundError):  # released meanwhile
                silent = max(0.0, time.time() - path.lstat().st_mtime)
                label = full_label(unit) if unit else identity[:12]
                running.append(Running(identity, label, owner.host, owner.pid, silent))
                if identity in said:
                    by_process[owner.host, owner.pid] = said[identity]
    running.sort(key=lambda one: (one.host, one.pid))
    # Units that are trained side by side are equally far, and the log names one of them.
    return tuple(_with(one, by_process.get((one.host, one.pid))) for one in running)


def _with(running: Running, reached: Reached | None) -> Running:
    if reached is None:
        return running
    return replace(running, reached=reached.text, share=reached.share or 0.0)
