"""Checkpoints of long units, so that a later attempt resumes where one was killed.

A file is safetensors whose metadata hold JSON; nothing is pickled. It is whole or absent, carries
its own hash, and is ignored where anything about it does not fit.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from imbnas.file_systems import OBSTRUCTED
from imbnas.regular_files import read_regular
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import replace_file
from imbnas.training.checkpoints import Reached, Snapshot
from imbnas.units.frozen import canonical_json
from imbnas.units.unit import Unit
from imbnas.version import __version__

CHECKPOINT_SECONDS = 60.0
CHECKPOINT_BYTES = 2**33


class Suspended(BaseException):
    """A unit was stopped right after a checkpoint; this is not a failure."""


@dataclass
class Checkpointing:
    """How a worker checkpoints its units.

    Attributes:
        directory: the run.
        interval: seconds between two checkpoints at least.
        suspending: set it to stop at the next occasion, after a checkpoint whatever the interval.
        tell: is told how far a unit is, by its identity.
    """

    directory: RunDirectory
    interval: float = CHECKPOINT_SECONDS
    suspending: bool = False
    tell: Callable[[str, Reached], None] = lambda _identity, _reached: None
    _told: bool = False

    def attempt(self, units: Sequence[Unit]) -> "KeptAttempt":
        """Begin or resume a unit, or units that are done together."""
        return KeptAttempt(self, tuple(unit.identity for unit in units))

    def keep(self, path: Path, content: bytes) -> None:
        """Store a checkpoint; units go on without where none can lie in its place."""
        try:
            if path.is_dir() and not path.is_symlink():
                kept = self.directory.set_aside(path, "checkpoint")
                self._tell(f"{path}: no checkpoint (it is a folder); it lies now in {kept}")
            replace_file(path, content, self.directory.temporary)
        except OSError as error:
            if error.errno not in OBSTRUCTED:
                raise
            self._tell(f"{path}: no checkpoint can be stored ({error.strerror})")

    def _tell(self, line: str) -> None:
        if not self._told:
            sys.stderr.write(line + "\n")
        self._told = True


def remove_checkpoints(directory: RunDirectory, identity: str) -> None:
    """Delete the checkpoints of a unit, which has ended."""
    for path in directory.checkpoints.glob(f"{identity}.*.safetensors"):
        try:
            directory.discard(path, "checkpoint")
        except OSError as error:
            if error.errno not in OBSTRUCTED:
                raise


def remove_spent_checkpoints(directory: RunDirectory, done: set[str]) -> None:
    """Delete checkpoints of units that are done, left by workers killed before they could."""
    for identity in {path.name.partition(".")[0] for path in directory.checkpoints.glob("*")}:
        if identity in done:
            remove_checkpoints(directory, identity)


@dataclass
class KeptAttempt:
    """An attempt at a unit whose trainings and searches are checkpointed; an ``Attempt``.

    Attributes:
        checkpointing: where and how often.
        identities: of the units; files are named after the first.
        start: by ``time.perf_counter``, earlier by what earlier attempts took.
        kept: when a state was last kept, by the same clock.
    """

    checkpointing: Checkpointing
    identities: tuple[str, ...]
    start: float = field(default_factory=time.perf_counter)
    kept: float = field(default_factory=time.perf_counter)
    _opened: int = 0

    @property
    def seconds(self) -> float:
        """Wall-clock seconds so far, those of earlier attempts that it resumed included."""
        return time.perf_counter() - self.start

    def open(self) -> "KeptState":
        """The checkpoint of the unit's next training or search."""
        self._opened += 1
        name = f"{self.identities[0]}.{self._opened - 1}.safetensors"
        return KeptState(self, self.checkpointing.directory.checkpoints / name)


@dataclass(frozen=True)
class KeptState:
    """The state of one training or search in a file; a ``Checkpoint``."""

    attempt: KeptAttempt
    path: Path

    def load(self) -> Snapshot | None:
        """The state that an earlier attempt left; ``None`` for none that can be trusted."""
        facts, snapshot = _read(self.path)
        if any(facts.get(name) != value for name, value in self._facts.items()):
            return None
        # The time spent on what is resumed counts, the time lost in between does not.
        self.attempt.start -= max(0.0, float(facts["seconds"]) - self.attempt.seconds)
        return snapshot

    def offer(self, take: Callable[[], Snapshot], reached: Reached | None = None) -> None:
        """Keep the present state if it is time to; stop then if the unit is to be suspended."""
        attempt, checkpointing = self.attempt, self.attempt.checkpointing
        if reached:
            checkpointing.tell(attempt.identities[0], reached)
        suspending = checkpointing.suspending
        if not suspending and time.perf_counter() - attempt.kept < checkpointing.interval:
            return
        facts, snapshot = {**self._facts, "seconds": attempt.seconds}, take()
        content = _to_bytes({**facts, "snapshot": dict(snapshot.facts)}, snapshot)
        checkpointing.keep(self.path, content)
        attempt.kept = time.perf_counter()
        if suspending:
            raise Suspended(attempt.identities[0])

    @property
    def _facts(self) -> dict[str, Any]:
        """What a file must hold to be this unit's; other versions may compute differently."""
        facts = {"name": self.path.name, "imbnas": __version__, "torch": version("torch")}
        # The state of a stack goes with exactly those networks.
        return facts | {"together": list(self.attempt.identities[1:])}


def _to_bytes(facts: dict[str, Any], snapshot: Snapshot) -> bytes:
    from safetensors.torch import save

    # Clones, since safetensors refuses tensors that share memory.
    tensors = {name: t.detach().cpu().clone().contiguous() for name, t in snapshot.tensors.items()}
    text = canonical_json(facts)
    return save(tensors, {"facts": text, "sha256": _sha256(text, save(tensors))})


def _sha256(text: str, content: bytes) -> str:
    return hashlib.sha256(text.encode() + content).hexdigest()


def _read(path: Path) -> tuple[dict[str, Any], Snapshot | None]:
    """Facts and state of a checkpoint file whose hash is right; nothing of any other."""
    from safetensors import SafetensorError
    from safetensors.torch import load, save

    try:
        content = read_regular(path, CHECKPOINT_BYTES)
        length = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + length])["__metadata__"]
        tensors = load(content)
        if _sha256(metadata["facts"], save(tensors)) != metadata["sha256"]:
            return {}, None
        facts = json.loads(metadata["facts"])
        return facts, Snapshot(facts["snapshot"], tensors)
    except OSError:
        return {}, None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, SafetensorError):
        return {}, None
