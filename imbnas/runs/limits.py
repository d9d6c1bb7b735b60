"""Limits of a unit's time and memory, and of a whole run's."""

import time
from dataclasses import dataclass, field

import psutil


@dataclass(frozen=True)
class Limits:
    """What one unit may take; ``None`` for no limit.

    Attributes:
        seconds: wall-clock seconds of one attempt.
        memory: resident bytes of its worker, processes that it started included; what these share
            is counted once.
    """

    seconds: float | None = None
    memory: int | None = None


@dataclass(frozen=True)
class Budget:
    """What one start of a run may take; ``None`` for no limit.

    Attributes:
        seconds: wall-clock seconds until units stop at their next checkpoint.
        units: that may be started.
    """

    seconds: float | None = None
    units: int | None = None


@dataclass
class LimitWatch:
    """Finds units that exceed their limits.

    Attributes:
        limits: of a unit.
    """

    limits: Limits
    _seen: dict[tuple[int, str], float] = field(default_factory=dict)

    def breaches(self, running: dict[int, list[str]]) -> dict[int, tuple[str, str]]:
        """Look at the units in progress.

        Args:
            running: worker process → identities of the units that it does.

        Returns:
            Process → (error, message) for each that exceeds a limit.
        """
        now = time.monotonic()
        pairs = {(pid, identity) for pid, units in running.items() for identity in units}
        self._seen = {pair: self._seen.get(pair, now) for pair in pairs}
        found = {}
        for (pid, _), since in self._seen.items():
            breach = self._breach(pid, now - since)
            if breach:
                found[pid] = breach
        return found

    def _breach(self, pid: int, seconds: float) -> tuple[str, str] | None:
        limits = self.limits
        if limits.seconds is not None and seconds > limits.seconds:
            return (
                "TimeLimitExceeded",
                f"took longer than --unit-time-limit, which is {limits.seconds:g} seconds",
            )
        if limits.memory is not None and (resident := resident_bytes(pid)) > limits.memory:
            return (
                "MemoryLimitExceeded",
                f"held {resident / 1e6:.0f} MB, more than --unit-memory-limit, "
                f"which is {limits.memory / 1e6:g} MB",
            )
        return None


def resident_bytes(pid: int) -> int:
    """Resident memory of a process and of all that it started; 0 when it has ended.

    Memory that they share, as forked ones do, is counted once where the system tells it apart.
    """
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    measure = _proportional if len(family) > 1 else _resident
    return sum(map(measure, family))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _proportional(process: psutil.Process) -> int:
    """Resident memory, of which shared pages are divided by how many processes share them."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0
    except (AttributeError, psutil.AccessDenied):
        return _resident(process)
