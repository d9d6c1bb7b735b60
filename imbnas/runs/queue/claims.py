"""Claims: who computes which unit. They save work; correctness follows from publishing once."""

import json
import os
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from imbnas.file_systems import past_stale, remove
from imbnas.regular_files import IrregularFileError, read_regular
from imbnas.runs.store.files import publish_once, temporary_file, temporary_path
from imbnas.runs.store.layout import RunLayout, identity_files
from imbnas.runs.store.owner import Owner, seconds_since_boot

HEARTBEAT_SECONDS = 20.0
STALE_SECONDS = 120.0
CLAIM_BYTES = 2**16
_KIND = "claim"


_OWNER = TypeAdapter(Owner)
UNKNOWN_OWNER = Owner(host="", boot="", namespace="", pid=0, started=0.0)
"""Stands for the owner of a claim that nobody can read."""


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
        """Give up a claim of this process, or of one that has ended; another's stays."""
        self._held.discard(identity)
        path = self.path(identity)
        if known_owner(path) == self.owner:
            self._take_away(path, self.owner)
        else:
            self._clear_if_abandoned(path)

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
        """Process of this place → units that it has claimed."""
        held: defaultdict[int, list[str]] = defaultdict(list)
        for path in identity_files(self.folder):
            owner = known_owner(path)
            if owner and owner.place == self.owner.place:
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
                self._take_away(path, owner)
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
        return self._take_away(path, owner)

    def _take_away(self, path: Path, owner: Owner | None) -> bool:
        """Remove the claim of an owner, ``None`` for what nobody can have made.

        Returns:
            Whether there is no claim now; one that another has set meanwhile stays.
        """
        # Renaming lets only one process clear a claim; what it caught is checked once more,
        # because a quicker process may have cleared the old claim and set its own meanwhile.
        self.temporary.mkdir(parents=True, exist_ok=True)
        # Named as temporary files are, so that it is found should this process be killed here.
        caught = temporary_path(self.temporary)
        try:
            past_stale(lambda: path.rename(caught))
        except FileNotFoundError:
            return True
        try:
            if read_owner(caught) != owner:
                publish_once(path, read_regular(caught, CLAIM_BYTES), self.temporary)
                remove(caught)
                return False
            remove(caught)
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
            beat = past_stale(path.lstat).st_mtime
        except FileNotFoundError:
            return True
        if self._unchanged_seconds(path, beat) > STALE_SECONDS:
            return True
        silent = time.time() - beat
        if silent > STALE_SECONDS and self._file_time() - beat > STALE_SECONDS:
            return True
        return self._is_of_earlier_boot(owner, silent) and self._is_of_earlier_boot(
            owner, self._file_time() - beat
        )

    def _is_of_earlier_boot(self, owner: Owner, silent: float) -> bool:
        """Whether a claim shows no sign of life since this host was started.

        Another boot may be that of another host with the same name, which then beats.
        """
        here, up = self.owner, seconds_since_boot()
        same = owner.host == here.host and owner.boot != here.boot
        return same and up is not None and silent > up + HEARTBEAT_SECONDS

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
