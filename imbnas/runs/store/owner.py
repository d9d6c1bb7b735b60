"""Which process made something, in which place, so that others can tell whether it still runs.

Containers may share a host name, and processes in them a number: a place is a host, its boot, and
the namespace in which process numbers count.
"""

import hashlib
import os
import re
import secrets
import socket
import sys
import time
import uuid
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_SAME_SECONDS = 2.0
"""Two looks at the start of a process differ by less where clocks tell it."""
_ENDED = (b"Z", b"X", b"x")


class Place(NamedTuple):
    """Where process numbers mean the same.

    Attributes:
        host: host name.
        boot: id of the host's boot; where the system has none, something that no other host has.
        namespace: of process numbers; empty where the system has none.
    """

    host: str
    boot: str
    namespace: str

    @property
    def short(self) -> str:
        """For names of files."""
        sha256 = hashlib.sha256("\0".join(self).encode(errors="surrogateescape")).hexdigest()
        return f"{shown_host(self.host)}-{sha256[:12]}"


def own_place() -> Place:
    """That of this process."""
    return Place(socket.gethostname(), *_boot_and_namespace())


@cache
def _boot_and_namespace() -> tuple[str, str]:
    try:
        return _BOOT.read_text().strip(), os.readlink(_NAMESPACE)  # noqa: PTH115
    except OSError:
        # Linux without /proc: nothing can be known of any other process.
        boot = secrets.token_hex(16) if sys.platform == "linux" else f"node {uuid.getnode():x}"
        return boot, ""


def shown_host(host: str) -> str:
    """A host name as part of a file name."""
    return re.sub(r"[^\w.-]", "_", host) or "_"


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))
class Owner:
    """A process, distinct from every other one anywhere and from a later one with its number.

    Attributes:
        host: see ``Place``.
        boot: see ``Place``.
        namespace: see ``Place``.
        pid: process number.
        started: start of the process in clock ticks since the boot, which no change of the clock
            moves; where the system does not tell them, in seconds since the epoch.
    """

    host: str
    boot: str
    namespace: str
    pid: Annotated[int, Field(ge=0, lt=2**31)]
    started: float

    @classmethod
    def current(cls) -> "Owner":
        """This process."""
        pid = os.getpid()
        return cls(*own_place(), pid, _started(pid) or 0.0)

    @property
    def place(self) -> Place:
        """Where it runs."""
        return Place(self.host, self.boot, self.namespace)

    def is_alive(self) -> bool | None:
        """Whether the process still runs; ``None`` where this process cannot know."""
        if self.place != own_place():
            return None
        if not is_running(self.pid):
            return False
        started = _started(self.pid)
        if started is None:
            return None
        if _tells_ticks():
            return started == self.started
        # A clock that was set moves it: that another process has the number is then not certain.
        return True if abs(started - self.started) < _SAME_SECONDS else None


def is_running(pid: int) -> bool:
    """Whether a process of this place has that number and has not ended."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _has_ended(pid)


def seconds_since_boot() -> float | None:
    """How long this host has been up, sleep included; ``None`` where that is not told."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return None if clock is None else time.clock_gettime(clock)


def _tells_ticks() -> bool:
    return sys.platform == "linux"


def _has_ended(pid: int) -> bool:
    """Whether it waits only for its parent to look at it."""
    fields = _stat(pid)
    return bool(fields) and fields[0] in _ENDED


def _started(pid: int) -> float | None:
    """When a process started; ``None`` where that cannot be known."""
    if _tells_ticks():
        fields = _stat(pid)
        return float(fields[19]) if fields else None
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def _stat(pid: int) -> list[bytes]:
    """What Linux says of a process, from its state on; empty where it says nothing."""
    try:
        content = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    return content.rpartition(b")")[2].split()
