"""The logs of workers: ``RUN/logs/HOST.PID.RANDOM.log``."""

import faulthandler
import io
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from imbnas.error_texts import one_line
from imbnas.file_systems import is_systems_own
from imbnas.regular_files import append_regular, open_regular
from imbnas.runs.store.owner import shown_host
from imbnas.training.checkpoints import Reached
from imbnas.units.unit import Unit

OUTPUT_CHARACTERS = 10 * 2**20
"""Of what is printed during one unit; the rest is counted."""
READ_BYTES = 2**27
"""Of one log, from its end."""
SHOWN_BYTES = 2**24
"""Of all attempts at one unit."""
_ANY_SIZE = 2**63
_TAIL_BYTES = 2**16
"""Of a log, in which the last line on how far its unit is is looked for."""
_FURTHER_LOGS = 16
"""Logs that are looked at beyond one for each unit."""
_REACHED_SECONDS = 10.0
_BEGIN, _AT, _END = "begin", "at", "end"
_REACHED_LINE = re.compile(rb"^\S+ at ([0-9a-f]{64}) (\S+) (.*)$", re.MULTILINE)


def full_label(unit: Unit) -> str:
    """One line that distinguishes a unit from its other replicates."""
    return f"{unit.label} (replicate {unit.replicate})"


class OutputBudget:
    """How much of what units print is kept.

    Args:
        most: characters until ``renew`` is called.
    """

    def __init__(self, most: int = OUTPUT_CHARACTERS) -> None:
        self._most = most
        self._printed = 0
        self._inside_line = False

    def keep(self, text: str) -> str:
        """What is kept of a text that is printed."""
        kept = text[: max(self._most - self._printed, 0)]
        self._printed += len(text)
        self._inside_line = not kept.endswith("\n") if kept else self._inside_line
        return kept

    def interrupt(self) -> str:
        """What goes before a line of the log that counts for nothing."""
        start, self._inside_line = "\n" if self._inside_line else "", False
        return start

    def renew(self) -> str:
        """What goes before the next line of the log; from there on characters are counted anew."""
        dropped, start = self._printed - self._most, "\n" if self._inside_line else ""
        self._printed, self._inside_line = 0, False
        if dropped <= 0:
            return start
        return f"{start}… {dropped:,} characters that were printed after that are dropped\n"


@dataclass(frozen=True)
class WorkerLog:
    """The log of one worker; it also holds what units print.

    Attributes:
        file: open for appending; ``None`` for no log.
        budget: for what a unit prints.
    """

    file: TextIO | None = None
    budget: OutputBudget | None = None

    def begin(self, unit: Unit) -> None:
        """Note that a unit is begun."""
        self._line(_BEGIN, unit, full_label(unit))

    def reached(self, identity: str, reached: Reached) -> None:
        """Note how far a unit is."""
        if self.file:
            share = "-" if reached.share is None else f"{reached.share:.4f}"
            before = self.budget.interrupt() if self.budget else ""
            line = f"{_AT} {identity} {share} {one_line(reached.text)}"
            self.file.write(f"{before}{_now()} {line}\n")

    def end(self, unit: Unit, outcome: str) -> None:
        """Note that a unit has ended."""
        self._line(_END, unit, outcome)

    def _line(self, word: str, unit: Unit, text: str) -> None:
        if not self.file:
            return
        before = self.budget.renew() if self.budget else ""
        self.file.write(f"{before}{_now()} {word} {unit.identity} {one_line(text)}\n")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Seldom:
    """Notes how far units are, once in some seconds at most, and nothing of quick ones.

    Args:
        log: where it is noted.
    """

    def __init__(self, log: WorkerLog) -> None:
        self._log = log
        self._noted = time.monotonic()
        self._unit = ""

    def __call__(self, identity: str, reached: Reached) -> None:
        """Note it if the last note, or the beginning of the unit, is long enough ago."""
        now = time.monotonic()
        if identity != self._unit:
            self._unit, self._noted = identity, now
        elif now - self._noted >= _REACHED_SECONDS:
            self._noted = now
            self._log.reached(identity, reached)


class PrintedOutput(io.TextIOBase):
    """What stands for standard output or standard error while units are done.

    Args:
        budget: for all that is written.
        files: that it is written to.
    """

    def __init__(self, budget: OutputBudget, *files: TextIO) -> None:
        self._budget, self._files = budget, files

    @property
    def buffer(self) -> io.RawIOBase:
        """The same for bytes of UTF-8 text."""
        return _Bytes(self)

    def writable(self) -> bool:
        """It can be written, and nothing else."""
        return True

    def fileno(self) -> int:
        """Of the first file; what is written there directly is not counted."""
        return self._files[0].fileno()

    def write(self, text: str) -> int:
        """Write as much as is left of the budget."""
        kept = self._budget.keep(text)
        for file in self._files if kept else ():
            try:
                file.write(kept)
            except BrokenPipeError:  # its reader has gone, as in ``run 2>&1 | head``
                self._files = tuple(other for other in self._files if other is not file)
        return len(text)

    def flush(self) -> None:
        """Flush all files."""
        for file in self._files:
            file.flush()


class _Bytes(io.RawIOBase):
    def __init__(self, text: PrintedOutput) -> None:
        self._text = text

    def writable(self) -> bool:
        return True

    def write(self, content: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._text.write(bytes(content).decode("utf-8", "backslashreplace"))
        return len(content)


@contextmanager
def worker_log(run: Path) -> Iterator[WorkerLog]:
    """Open this worker's log; meanwhile it also receives what is printed."""
    folder, budget = run / "logs", OutputBudget()
    folder.mkdir(parents=True, exist_ok=True)
    with _own_log(folder) as file:
        faulthandler.enable(file)
        out: TextIO = PrintedOutput(budget, file)  # type: ignore[assignment]
        both: TextIO = PrintedOutput(budget, file, sys.stderr)  # type: ignore[assignment]
        with redirect_stdout(out), redirect_stderr(both):
            yield WorkerLog(file, budget)


def _own_log(folder: Path) -> TextIO:
    """A log of this process alone: containers may share a host name, and process numbers."""
    name = f"{shown_host(socket.gethostname())}.{os.getpid()}.{secrets.token_hex(4)}.log"
    return append_regular(folder / name)


def unit_log(run: Path, identity: str) -> list[str]:
    """What workers wrote while they did a unit, in all attempts, oldest first.

    A log that cannot be read is named in a line of its own; so is what is left out of long ones.
    """
    attempts: list[tuple[str, list[str]]] = []
    room = SHOWN_BYTES
    for path in sorted((run / "logs").glob("*.log")):
        if is_systems_own(path.name):
            continue
        try:
            content = _last_bytes(path, READ_BYTES)
        except OSError as error:
            attempts.append(("", [f"{path}: cannot be read ({error.strerror})"]))
            continue
        for begun, attempt in _attempts(content, identity):
            kept, left = attempt[:room], len(attempt) - room
            room = max(room - len(attempt), 0)
            lines = [f"worker {path.stem}", *kept.decode("utf-8", "replace").splitlines()]
            if left > 0:
                end = attempt.rstrip(b"\n").rpartition(b"\n")[2].decode("utf-8", "replace")
                lines += [f"… {left:,} bytes of {path.name} are left out", one_line(end)]
            attempts.append((begun, lines))
    return [line for _, lines in sorted(attempts) for line in lines]


def units_reached(run: Path, units: int) -> dict[str, Reached]:
    """Identity → how far a unit is, of those that the last written logs are about.

    Args:
        run: root of the run directory.
        units: how many are being done; of so many logs and a few more the end is read.
    """
    dated: list[tuple[float, Path]] = []
    for path in (run / "logs").glob("*.log"):
        with suppress(OSError):
            dated.append((path.lstat().st_mtime, path))
    found: dict[str, Reached] = {}
    for _, path in sorted(dated, reverse=True)[: units + _FURTHER_LOGS] if units else ():
        try:
            lines = list(_REACHED_LINE.finditer(_last_bytes(path, _TAIL_BYTES)))
        except OSError:
            continue
        if lines:
            identity, share, text = (part.decode("utf-8", "replace") for part in lines[-1].groups())
            found.setdefault(identity, Reached(one_line(text), _share(share)))
    return found


def _share(text: str) -> float | None:
    """A share as it stands in a log, where anything may stand."""
    try:
        share = float(text)
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def _last_bytes(path: Path, most: int) -> bytes:
    with open_regular(path, _ANY_SIZE) as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(size - most, 0))
        return file.read(min(size, most))


def _attempts(content: bytes, identity: str) -> Iterator[tuple[str, bytes]]:
    """When each attempt at a unit was begun, and what a log holds of it."""
    mark = re.compile(rf"^(\S+) ({_BEGIN}|{_END}) {identity} .*\n?".encode(), re.MULTILINE)
    begun, start = "", -1
    for found in mark.finditer(content):
        begins = found[2] == _BEGIN.encode()
        # What begins before another has ended is stacked with it.
        if start >= 0:
            yield begun, content[start : found.start() if begins else found.end()]
        begun, start = found[1].decode("utf-8", "replace"), found.start() if begins else -1
    if start >= 0:
        yield begun, content[start:]
