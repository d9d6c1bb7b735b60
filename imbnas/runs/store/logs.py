"""The logs of workers: ``RUN/logs/HOST.PID.RANDOM.log``."""

import faulthandler
import io
import os
import re
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from imbnas.error_texts import one_line
from imbnas.file_systems import is_systems_own
from imbnas.regular_files import append_regular, open_regular
from imbnas.runs.store.owner import shown_host
from imbnas.units.unit import Unit

OUTPUT_CHARACTERS = 10 * 2**20
"""Of what is printed during one unit; the rest is counted."""
READ_BYTES = 2**27
"""Of one log, from its end."""
SHOWN_BYTES = 2**24
"""Of all attempts at one unit."""
_ANY_SIZE = 2**63
_BEGIN, _END = "begin", "end"


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

    def end(self, unit: Unit, outcome: str) -> None:
        """Note that a unit has ended."""
        self._line(_END, unit, outcome)

    def _line(self, word: str, unit: Unit, text: str) -> None:
        if not self.file:
            return
        before = self.budget.renew() if self.budget else ""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        self.file.write(f"{before}{now} {word} {unit.identity} {one_line(text)}\n")


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
            content = _last_bytes(path)
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


def _last_bytes(path: Path) -> bytes:
    with open_regular(path, _ANY_SIZE) as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(size - READ_BYTES, 0))
        return file.read(min(size, READ_BYTES))


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
