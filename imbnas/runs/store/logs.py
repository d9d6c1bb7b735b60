"""The logs of workers: ``RUN/logs/HOST.PID.log``."""

import faulthandler
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from imbnas.units.unit import Unit

_BEGIN, _END = "begin", "end"


def full_label(unit: Unit) -> str:
    """One line that distinguishes a unit from its other replicates."""
    return f"{unit.label} (replicate {unit.replicate})"


@dataclass(frozen=True)
class WorkerLog:
    """The log of one worker; it also holds what units print.

    Attributes:
        file: open for appending; ``None`` for no log.
    """

    file: TextIO | None = None

    def begin(self, unit: Unit) -> None:
        """Note that a unit is begun."""
        self._line(_BEGIN, unit, full_label(unit))

    def end(self, unit: Unit, outcome: str) -> None:
        """Note that a unit has ended."""
        self._line(_END, unit, outcome)

    def _line(self, word: str, unit: Unit, text: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        if self.file:
            self.file.write(f"{now} {word} {unit.identity} {text}\n")


class _Both:
    """Writes to standard error and to the log."""

    def __init__(self, first: TextIO, second: TextIO) -> None:
        self._first, self._second = first, second

    def write(self, text: str) -> int:
        self._second.write(text)
        return self._first.write(text)

    def flush(self) -> None:
        self._second.flush()
        self._first.flush()


@contextmanager
def worker_log(run: Path) -> Iterator[WorkerLog]:
    """Open this worker's log; meanwhile it also receives what is printed."""
    folder = run / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{socket.gethostname()}.{os.getpid()}.log"
    with path.open("a", encoding="utf-8", buffering=1, errors="backslashreplace") as file:
        faulthandler.enable(file)
        both: TextIO = _Both(sys.stderr, file)  # type: ignore[assignment]
        with redirect_stdout(file), redirect_stderr(both):
            yield WorkerLog(file)


def unit_log(run: Path, identity: str) -> list[str]:
    """All that workers wrote while they did a unit, in all attempts, oldest first."""
    attempts = []
    for path in sorted((run / "logs").glob("*.log")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        attempts += list(_attempts(path.stem, lines, identity))
    return [line for _, attempt in sorted(attempts) for line in attempt]


def _attempts(worker: str, lines: list[str], identity: str) -> Iterator[tuple[str, list[str]]]:
    attempt: list[str] | None = None
    begun = ""
    for line in lines:
        words = line.split(" ", 3)
        marks = len(words) == 4 and words[1] in (_BEGIN, _END)
        # What begins before another has ended is stacked with it.
        if marks and words[1] == _BEGIN and words[2] == identity:
            begun, attempt = words[0], [f"worker {worker}"]
        if attempt is not None:
            attempt.append(line)
        if marks and words[1:3] == [_END, identity] and attempt is not None:
            yield begun, attempt
            attempt = None
    if attempt is not None:
        yield begun, attempt
