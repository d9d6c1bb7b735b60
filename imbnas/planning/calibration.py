"""Times units on this machine, one process alone and two at the same time."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ

from imbnas.errors import ImbnasError
from imbnas.planning.calibrator import CalibrationJob, Paces
from imbnas.runs.supervisor import SINGLE_THREADED


@dataclass(frozen=True)
class Calibrators:
    """Processes that are ready to time units.

    Attributes:
        processes: one, or two.
        startup: seconds until they were ready, as workers need them, too.
    """

    processes: Sequence["subprocess.Popen[str]"]
    startup: float

    def alone(self, job: CalibrationJob) -> Paces:
        """Time the units of a job in one process, the others idle."""
        _ask(self.processes[0], job)
        return _answer(self.processes[0])

    def together(self, job: CalibrationJob) -> tuple[Paces, ...]:
        """Time the units of a job in all processes at the same time."""
        for process in self.processes:
            _ask(process, job)
        return tuple(_answer(process) for process in self.processes)


@contextmanager
def calibrators(count: int, empty: CalibrationJob) -> Iterator[Calibrators]:
    """Start processes that time units.

    Args:
        count: how many.
        empty: a job without units, which tells when they are ready.
    """
    start = time.perf_counter()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "imbnas.planning.calibrator"],
            env={**environ, **SINGLE_THREADED},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    try:
        waiting = Calibrators(processes, 0.0)
        waiting.together(empty)
        yield Calibrators(processes, time.perf_counter() - start)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _ask(process: "subprocess.Popen[str]", job: CalibrationJob) -> None:
    if process.stdin is None:
        raise TypeError("a calibrating process has no standard input")
    try:
        process.stdin.write(job.model_dump_json() + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        raise _StoppedError from None


def _answer(process: "subprocess.Popen[str]") -> Paces:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise _StoppedError
    return Paces.model_validate_json(line)


class _StoppedError(ImbnasError):
    """A calibrating process ended; its own traceback is on standard error."""

    def __init__(self) -> None:
        super().__init__(
            "the steps that tell how fast this machine is failed, see above; "
            "a run of this suite would fail alike"
        )
