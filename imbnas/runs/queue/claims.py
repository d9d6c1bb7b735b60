"""Claims: who computes which unit. They save work; correctness follows from publishing once."""

import json
import os
import socket
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Annotated

import psutil
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from imbnas.regular_files import IrregularFileError, read_regular
from imbnas.runs.store.files import publish_once, temporary_file, temporary_path
from imbnas.runs.store.layout import RunLayout, identity_files

HEARTBEAT_SECONDS = 20.0
STALE_SECONDS = 120.0
CLAIM_BYTES = 2**16
_START_TOLERANCE = 2.0
_KIND = "claim"


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))
class Owner:
    """A process on a host, distinct from a later one with the same number.

    Attributes:
        host: host name.
        boot: id of the host's boot.
        pid: process number.
        started: start of the process in seconds since the epoch.
    """

    host: str
    boot: str
    pid: Annotated[int, Field(ge=0, lt=2**31)]
    started: float

    @classmethod
    def current(cls) -> "Owner":
        """This process."""
        return cls(socket.gethostname(), _boot_id(), os.getpid(), psutil.Process().create_time())

    def is_alive(self) -> bool | None:
        """Whether the process still runs; ``None`` where this host cannot know."""
        if self.host != socket.gethostname():
            return None
        if self.boot != _boot_id():
            return False
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _START_TOLERANCE
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False


_OWNER = TypeAdapter(Owner)
UNKNOWN_OWNER = Owner(host="", boot="", pid=0, started=0.0)
"""Stands for the owner of a claim that nobody can read."""


@cache
def _boot_id() -> str:
    linux = Path("/proc/sys/kernel/random/boot_id")
    return linux.read_text().strip() if linux.exists() else str(int(psutil.boot_time()))


class Claims:
    """The claims of a run directory as one process sees them.

    Args:
        layout: of the run directory.
    """

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self.folder, self.temporary = layout.claims, layout.temporary
        self.path = layout.claim_path
        self.owner = Owner.current()
        self._held: set[str] = set()
        self._beats: dict[str, tuple[float, float]] = {}

    def acquire(self, identity: str) -> bool:
        """Claim a unit, taking over the claim of an owner that is gone."""
        path = self.path(identity)
        # Looking first costs less than writing a file that cannot be published.
        if os.path.lexists(path) and not self._clear_if_abandoned(path):
            return False
        content = json.dumps(asdict(self.owner)).encode()
        acquired = publish_once(path, content, self.temporary, durable=False)
        if acquired:
            self._held.add(identity)
        return acquired

    def release(self, identity: str) -> None:
        """Give up a claim of this process, or of one that has ended."""
        self._held.discard(identity)
        self._layout.discard(self.path(identity), _KIND)

    def keep_fresh(self, parent: int | None) -> None:
        """Start a thread that keeps claims fresh, and ends this process when its parent is gone.

        Args:
            parent: process number of the supervisor; ``None`` for a worker without one.
        """
        threading.Thread(target=self._beat, args=(parent,), daemon=True).start()

    def _beat(self, parent: int | None) -> None:
        beaten = time.monotonic()
        while parent is None or os.getppid() == parent:
            time.sleep(0.5)
            if time.monotonic() - beaten > HEARTBEAT_SECONDS:
                beaten = time.monotonic()
                for identity in tuple(self._held):
                    with suppress(OSError):
                        os.utime(self.path(identity), follow_symlinks=False)
        os._exit(1)

    def by_process(self) -> dict[int, list[str]]:
        """Process of this host → units that it has claimed."""
        held: defaultdict[int, list[str]] = defaultdict(list)
        for path in identity_files(self.folder):
            owner = known_owner(path)
            if owner and owner.host == self.owner.host:
                held[owner.pid].append(path.stem)
        return held

    def sweep(self, ended: set[str]) -> None:
        """Remove claims of owners that are gone, and of ended units unless their owner is alive.

        A living owner releases its claim itself. It may also have claimed the unit after it was
        seen to have ended: a failure may be forgotten and a damaged record moved aside meanwhile.
        """
        for path in identity_files(self.folder):
            owner = known_owner(path)
            if path.stem in ended and owner and owner.is_alive() is None:
                path.unlink(missing_ok=True)
            else:
                self._clear_if_abandoned(path)

    def _clear_if_abandoned(self, path: Path) -> bool:
        fault, owner = "", None
        try:
            owner = read_owner(path)
        except IrregularFileError as error:
            fault = str(error.strerror)
        if owner is None and not fault:
            return True
        if owner and not self._is_abandoned(path, owner):
            return False
        # Renaming lets only one process clear a claim; what it caught is checked once more,
        # because a quicker process may have cleared the old claim and set its own meanwhile.
        self.temporary.mkdir(parents=True, exist_ok=True)
        # Named as temporary files are, so that it is found should this process be killed here.
        caught = temporary_path(self.temporary)
        try:
            path.rename(caught)
        except FileNotFoundError:
            return True
        try:
            if read_owner(caught) != owner:
                publish_once(path, read_regular(caught, CLAIM_BYTES), self.temporary)
                caught.unlink()
                return False
            caught.unlink()
        except IrregularFileError as error:
            # No worker leaves such a thing, so that nobody waits for it.
            kept = self._layout.set_aside(caught, f"{_KIND}.{path.stem}")
            sys.stderr.write(f"{path}: no claim ({error.strerror}); it lies now in {kept}\n")
        return True

    def _is_abandoned(self, path: Path, owner: Owner) -> bool:
        alive = owner.is_alive()
        if alive is not None:
            return not alive
        try:
            beat = path.lstat().st_mtime
        except FileNotFoundError:
            return True
        return self._unchanged_seconds(path, beat) > STALE_SECONDS or (
            time.time() - beat > STALE_SECONDS and self._file_time() - beat > STALE_SECONDS
        )

    def _unchanged_seconds(self, path: Path, beat: float) -> float:
        """Seconds since this process last saw a new heartbeat, which needs no common clock."""
        now = time.monotonic()
        seen, since = self._beats.get(path.name, (None, now))
        if seen != beat:
            since = now
        self._beats[path.name] = (beat, since)
        return now - since

    def _file_time(self) -> float:
        """The time of the clock that dates files, which may be another host's."""
        with temporary_file(self.temporary, b"", durable=False) as probe:
            return probe.stat().st_mtime


def read_owner(path: Path) -> Owner | None:
    """The owner of a claim; ``None`` where there is no claim.

    Raises:
        IrregularFileError: what lies there is no file that a worker made.
    """
    try:
        content = read_regular(path, CLAIM_BYTES)
    except FileNotFoundError:
        return None
    except PermissionError:
        return UNKNOWN_OWNER
    try:
        return _OWNER.validate_json(content)
    except ValidationError:
        # A power cut can leave a claim without content, which only its age can then clear.
        return UNKNOWN_OWNER


def known_owner(path: Path) -> Owner | None:
    """The owner of a claim; ``None`` where there is none, or one that nobody can read."""
    try:
        owner = read_owner(path)
    except IrregularFileError:
        return None
    return None if owner == UNKNOWN_OWNER else owner
