"""A worker: claims units of a run one by one, executes them and publishes what they leave.

Run as ``python -m imbnas.runs.worker RUN_DIR``; any number may work in one directory.
"""

import errno
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from itertools import takewhile
from os import getpid
from types import FrameType
from typing import Protocol

from imbnas.registry import load_plugins
from imbnas.runs.deadline import Deadline
from imbnas.runs.queue.agenda import Agenda
from imbnas.runs.queue.claims import Claims, Heartbeat
from imbnas.runs.queue.queue import Queue
from imbnas.runs.queue.unit_filter import Selection
from imbnas.runs.store.checkpoints import Checkpointing, Suspended, remove_checkpoints
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.failures import failure_of
from imbnas.runs.store.logs import WorkerLog, worker_log
from imbnas.runs.store.quarantine import quarantine
from imbnas.runs.store.records import DamagedRecordError
from imbnas.runs.tickets import Tickets
from imbnas.runs.worker_command import DISK_FAULT, WorkerOptions, parse_worker_options
from imbnas.suites.expansion import Expansion
from imbnas.units.records import Failure, Record
from imbnas.units.unit import TrainUnit, Unit

_IDLE_SECONDS = 0.2
_DISK_FAULTS = {
    errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EACCES, errno.EPERM,
}  # fmt: skip


class StoppedAtOnce(BaseException):
    """A second signal: the unit in progress is left where its last checkpoint was."""


class Executes(Protocol):
    """What a worker needs of an executor."""

    def execute(self, unit: Unit) -> Record:
        """Do the work of a unit."""
        ...

    def execute_stack(self, units: Sequence[TrainUnit]) -> Sequence[Record | Exception]:
        """Do the work of units of one stack."""
        ...


class Worker:
    """Does units until nothing is left that it could do.

    Args:
        directory: the run.
        queue: what of it is to be done.
        executor: does the units.
        keeping: how the executor keeps the state of long units.
        parent: process number of the supervisor, whose end ends this worker.
        tickets: allowances for units, one each; ``None`` for any number.
        log: where its work is written down; ``None`` for nowhere.
        until: seconds since the epoch; no unit is begun that would not be finished by then.
    """

    def __init__(
        self,
        directory: RunDirectory,
        queue: Queue,
        executor: Executes,
        keeping: Checkpointing,
        parent: int | None = None,
        tickets: Tickets | None = None,
        log: WorkerLog | None = None,
        until: float | None = None,
    ) -> None:
        self._directory = directory
        self._agenda = Agenda(queue)
        self._executor = executor
        self._keeping = keeping
        self._claims = Claims(directory.claims, directory.temporary)
        self._heartbeat = Heartbeat(self._claims, parent)
        self._tickets = tickets
        self._log = log
        self._deadline = Deadline(until, directory)
        self._stopping = False
        self._out_of_time = False

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Finish the current unit, then end.

        Raises:
            StoppedAtOnce: this is the second call.
        """
        if self._stopping:
            raise StoppedAtOnce
        self._stopping = True

    def suspend(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """End at the current unit's next checkpoint, or when it is finished."""
        self._keeping.suspending = True
        self._stopping = True

    def run(self) -> None:
        """Work until every unit is finished, failed or waits for a failed one."""
        self._heartbeat.start()
        try:
            while not self._stopping and not self._agenda.is_empty():
                if self._do_one():
                    self._agenda.look()
                elif self._out_of_time:
                    return
                else:
                    time.sleep(_IDLE_SECONDS)
                    self._agenda.look()
        except (Suspended, StoppedAtOnce):
            return
        # A worker that was killed between publishing and releasing cannot do it itself.
        self._claims.sweep(self._directory.finished() | self._directory.failed())

    def _do_one(self) -> bool:
        """Do the first unit that can be done; whether there was one."""
        candidates = [*self._agenda.candidates()] if self._deadline.until is not None else None
        if candidates is None:
            return any(self._try(unit) for unit in self._agenda.candidates())
        allowed = [unit for unit in candidates if self._deadline.allows(unit)]
        self._out_of_time = bool(candidates) and not allowed
        return any(self._try(unit) for unit in allowed)

    def _try(self, unit: Unit) -> bool:
        """Do the unit, and those stacked with it, if nobody else does; whether they were done here.

        One that was begun elsewhere is left to whoever did.
        """
        if self._stopping:
            return True
        claimed = self._claim(self._agenda.stack_of(unit))
        self._heartbeat.identities = tuple(each.identity for each in claimed)
        try:
            # Another worker may have finished it between the look and the claim.
            units = self._allowed([each for each in claimed if not self._is_settled(each)])
            return bool(units) and self._execute(units)
        finally:
            self._heartbeat.identities = ()
            self._release(claimed)

    def _claim(self, units: Sequence[Unit]) -> list[Unit]:
        """Claim units, settled ones aside; none of them if another worker holds one."""
        claimed: list[Unit] = []
        for unit in units:
            if self._is_settled(unit):
                continue
            if not self._claims.acquire(unit.identity):
                self._release(claimed)
                return []
            claimed.append(unit)
        return claimed

    def _release(self, units: Sequence[Unit]) -> None:
        for unit in units:
            self._claims.release(unit.identity)

    def _allowed(self, units: list[Unit]) -> list[Unit]:
        """As many of the units as there are tickets for."""
        tickets = self._tickets
        if tickets is None:
            return units
        allowed = list(takewhile(lambda _: tickets.take(), units))
        if len(allowed) < len(units):
            self._stopping = True
        return allowed

    def _is_settled(self, unit: Unit) -> bool:
        finished = self._directory.has_record(unit)
        if finished or self._directory.failure_path(unit.identity).exists():
            self._agenda.settle(unit, finished)
            return True
        return False

    def _execute(self, units: list[Unit]) -> bool:
        first = units[0]
        for unit in units:
            self._note_begin(unit)
        try:
            outcomes = self._outcomes(units)
        except DamagedRecordError as error:
            # No fault of this unit: what it builds on must be done again first.
            moved = quarantine(self._directory, error.path)
            print(f"{error}; it lies now in {moved}", file=sys.stderr)  # noqa: T201
            self._agenda.unsettle(error.path.stem)
            self._note_end(first, f"put back: {error}")
            return False
        except Exception as error:
            # A full or unwritable disk is no fault of the unit: it must stop the worker.
            if isinstance(error, OSError) and error.errno in _DISK_FAULTS:
                raise
            outcomes = [error] * len(units)
        for unit, outcome in zip(units, outcomes, strict=True):
            self._publish(unit, outcome)
        remove_checkpoints(self._directory, first.identity)
        return True

    def _outcomes(self, units: list[Unit]) -> "Sequence[Record | Exception]":
        stack = [unit for unit in units if isinstance(unit, TrainUnit) and unit.stack > 1]
        if stack:
            return self._executor.execute_stack(stack)
        return [self._executor.execute(unit) for unit in units]

    def _publish(self, unit: Unit, outcome: Record | Exception) -> None:
        if isinstance(outcome, Exception):
            self._directory.publish_failure(_failure(unit, outcome))
            self._agenda.settle(unit, finished=False)
            self._note_end(unit, f"failed: {type(outcome).__name__}: {outcome}")
        else:
            self._directory.publish_record(outcome)
            self._agenda.settle(unit, finished=True)
            self._deadline.note(unit, outcome.cost.seconds)
            self._note_end(unit, f"done in {outcome.cost.seconds:.2f} s")

    def _note_begin(self, unit: Unit) -> None:
        if self._log:
            self._log.begin(unit)

    def _note_end(self, unit: Unit, outcome: str) -> None:
        if self._log:
            self._log.end(unit, outcome)


def _failure(unit: Unit, error: Exception) -> Failure:
    lines = str(error).strip().splitlines() or [""]
    trace = "".join(traceback.format_exception(error))
    return failure_of(unit.identity, unit, type(error).__name__, lines[0], trace)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the worker process."""
    options = parse_worker_options(arguments)
    RunDirectory(options.run_dir).read_suite()  # a wrong path is told before logs are made there
    try:
        with worker_log(options.run_dir) as log:
            worker = _build(options, log)
            signal.signal(signal.SIGTERM, worker.stop)
            signal.signal(signal.SIGUSR1, worker.suspend)
            worker.run()
    except OSError as error:
        if error.errno not in _DISK_FAULTS:
            raise
        print(f"worker {getpid()} stops: {error}", file=sys.stderr)  # noqa: T201
        return DISK_FAULT
    return 0


def _build(options: WorkerOptions, log: WorkerLog) -> Worker:
    from imbnas.execution.runner import Runner

    directory = RunDirectory(options.run_dir)
    resolved = directory.read_suite()
    load_plugins(directory.plugins / plugin.name for plugin in resolved.plugins)
    selection = Selection(options.only) if options.only else None
    keeping = Checkpointing(directory, options.checkpoint_seconds)
    executor = Runner(
        directory, options.locations, resolved.device_type, directory.pins(), keeping.attempt
    )
    return Worker(
        directory,
        Queue(Expansion(resolved).plan(options.part), directory, selection),
        executor,
        keeping,
        options.parent,
        Tickets(*options.tickets) if options.tickets else None,
        log,
        options.until,
    )


if __name__ == "__main__":
    sys.exit(main())
