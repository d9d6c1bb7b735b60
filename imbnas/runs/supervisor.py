"""Starts workers, watches them, shows progress. It imports no torch."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import environ, getpid

from imbnas.data.locations import DataLocations
from imbnas.runs.claims import Claims
from imbnas.runs.directory import RunDirectory
from imbnas.runs.publishing import remove_orphans
from imbnas.runs.queue import Progress, Queue
from imbnas.runs.worker_options import location_flags
from imbnas.units.records import Failure

_POLL_SECONDS = 1.0
_LETHAL_DEATHS = 2
SINGLE_THREADED = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@dataclass
class Supervisor:
    """Keeps a number of worker processes busy until a plan is done.

    Attributes:
        queue: the plan and the run directory.
        parts: names of the parts that workers do; ``None`` for all.
        locations: where data lies.
        workers: how many processes.
    """

    queue: Queue
    parts: Sequence[str] | None
    locations: DataLocations
    workers: int
    _deaths: Counter[str] = field(default_factory=Counter)

    @property
    def _directory(self) -> RunDirectory:
        return self.queue.directory

    def run(self, show: Callable[[Progress], None]) -> Progress:
        """Do everything that can be done.

        Args:
            show: called about once a second with the state of the run.

        Returns:
            The state at the end.
        """
        remove_orphans(self._directory.temporary)
        progress = self.queue.progress()
        show(progress)
        count = min(self.workers, progress.left)
        with self._processes(count) as processes:
            while processes:
                time.sleep(_POLL_SECONDS)
                for process in [p for p in processes if p.poll() is not None]:
                    processes.remove(process)
                    if process.returncode != 0 and self._may_restart(process):
                        processes.append(self._start())
                show(self.queue.progress())
        self._drop_spent_claims()
        progress = self.queue.progress()
        show(progress)
        return progress

    def _drop_spent_claims(self) -> None:
        """Remove claims of finished units, left by workers killed before they could."""
        finished = self._directory.finished()
        for path in self._directory.claims.glob("*.json"):
            if path.stem in finished:
                path.unlink(missing_ok=True)

    @contextmanager
    def _processes(self, count: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
        processes = [self._start() for _ in range(count)]
        try:
            yield processes
        except KeyboardInterrupt:
            sys.stderr.write("finishing the units in progress; Ctrl-C again stops at once\n")
            raise
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "imbnas.runs.worker", str(self._directory.path)]
        command += ["--parent", str(getpid()), *location_flags(self.locations)]
        for part in self.parts or ():
            command += ["--part", part]
        # An own session keeps Ctrl-C of the terminal away, so that units can be finished.
        return subprocess.Popen(
            command,
            env={**environ, **SINGLE_THREADED},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _may_restart(self, process: "subprocess.Popen[bytes]") -> bool:
        """Decide about a worker that died; a unit that kills two workers becomes a failure."""
        claims = Claims(self._directory.claims, self._directory.temporary)
        held = claims.of_process(process.pid)
        for identity in held:
            self._deaths[identity] += 1
            if self._deaths[identity] >= _LETHAL_DEATHS:
                self._directory.publish_failure(_lethal(identity, process.returncode))
                claims.release(identity)
        # A worker that died without a claim met a fault that the next one would meet too.
        return bool(held)


def _lethal(identity: str, status: int) -> Failure:
    return Failure(
        identity=identity,
        label=identity[:12],
        error="WorkerDied",
        message=f"two workers died while doing this unit, the last with status {status}",
        traceback="",
        utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )
