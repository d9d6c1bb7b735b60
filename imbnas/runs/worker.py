"""A worker: claims units of a run one by one, executes them and publishes what they leave.

Run as ``python -m imbnas.runs.worker RUN_DIR``; any number may work in one directory.
"""

import errno
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from os import getpid
from types import FrameType

from imbnas.data.locations import DataLocations
from imbnas.registry import load_plugins
from imbnas.runs.claims import Claims, Heartbeat
from imbnas.runs.deadline import Deadline
from imbnas.runs.directory import RunDirectory
from imbnas.runs.logs import WorkerLog, worker_log
from imbnas.runs.queue import Queue, blocked
from imbnas.runs.worker_options import parse_worker_options
from imbnas.suites.expansion import Expansion
from imbnas.units.records import Failure
from imbnas.units.work import Unit

_IDLE_SECONDS = 0.2
_DISK_FAULTS = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO}


class Worker:
    """Does units until nothing is left that it could do.

    Args:
        directory: the run.
        parts: names of the suite's parts to work on; ``None`` for all.
        locations: where data lies on this host.
        parent: process number of the supervisor, whose end ends this worker.
        log: where its work is written down.
        until: seconds since the epoch; no unit is begun that would not be finished by then.
    """

    def __init__(
        self,
        directory: RunDirectory,
        parts: Sequence[str] | None,
        locations: DataLocations,
        parent: int | None,
        log: WorkerLog,
        until: float | None = None,
    ) -> None:
        from imbnas.execution.executor import Executor

        self._directory = directory
        resolved = directory.read_suite()
        load_plugins(directory.plugins / plugin.name for plugin in resolved.plugins)
        self._queue = Queue(Expansion(resolved).plan(parts), directory)
        self._claims = Claims(directory.claims, directory.temporary)
        self._heartbeat = Heartbeat(self._claims, parent)
        self._executor = Executor(directory, locations, resolved.device_type, directory.pins())
        self._log = log
        self._deadline = Deadline(until, directory)
        self._stopping = False

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Finish the current unit, then end."""
        self._stopping = True

    def run(self) -> None:
        """Work until every unit is finished, failed or waits for a failed one."""
        self._heartbeat.start()
        while not self._stopping:
            failed = self._directory.failed()
            units = self._queue.open_units(failed)
            stuck = blocked(units, failed)
            possible = [
                unit for unit in units if unit.identity not in stuck and self._deadline.allows(unit)
            ]
            if not possible:
                return
            if not any(self._try(unit) for unit in possible):
                time.sleep(_IDLE_SECONDS)

    def _try(self, unit: Unit) -> bool:
        """Do the unit if it is ready and nobody else does it; whether it was done here."""
        if not self._queue.ready(unit) or not self._claims.acquire(unit.identity):
            return False
        self._heartbeat.identity = unit.identity
        try:
            # Another worker may have finished it between the look and the claim.
            if not self._directory.has_record(unit):
                self._execute(unit)
        finally:
            self._heartbeat.identity = None
            self._claims.release(unit.identity)
        return True

    def _execute(self, unit: Unit) -> None:
        self._log.begin(unit)
        try:
            record = self._executor.execute(unit)
        except Exception as error:
            # A full or unwritable disk is no fault of the unit: it must stop the worker.
            if isinstance(error, OSError) and error.errno in _DISK_FAULTS:
                raise
            self._directory.publish_failure(_failure(unit, error))
            self._log.end(unit, f"failed: {type(error).__name__}: {error}")
        else:
            self._directory.publish_record(record)
            self._deadline.note(unit, record.cost.seconds)
            self._log.end(unit, f"done in {record.cost.seconds:.2f} s")


def _failure(unit: Unit, error: Exception) -> Failure:
    return Failure(
        identity=unit.identity,
        label=f"{unit.label} (replicate {unit.replicate})",
        error=type(error).__name__,
        message=str(error).strip().splitlines()[0] if str(error).strip() else "",
        traceback="".join(traceback.format_exception(error)),
        utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the worker process."""
    options = parse_worker_options(arguments)
    directory = RunDirectory(options.run_dir)
    directory.read_suite()  # a wrong path is told before a folder of logs is made there
    try:
        with worker_log(options.run_dir) as log:
            worker = Worker(
                directory, options.part, options.locations, options.parent, log, options.until
            )
            signal.signal(signal.SIGTERM, worker.stop)
            worker.run()
    except OSError as error:
        if error.errno not in _DISK_FAULTS:
            raise
        print(f"worker {getpid()} stops: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
