"""A worker: claims units of a run one by one, executes them and publishes their results.

Run as ``python -m imbnas.runs.worker RUN_DIR``; any number may work in one directory.
"""

from imbnas.isolation.launcher import is_launched, start_again

if __name__ == "__main__" and not is_launched():
    # Before anything is imported that the working directory may have a file for.
    start_again("imbnas.runs.worker")

import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import takewhile
from os import getpid
from types import FrameType
from typing import Protocol

from imbnas.error_texts import kind_of, message_of, traceback_of
from imbnas.errors import InputError
from imbnas.isolation.failures import ForeignCodeError, ProcessEndedError, ProcessKilledError
from imbnas.isolation.processes import end_by
from imbnas.runs.deadline import Deadline
from imbnas.runs.installation import OtherInstallationError, check_installation
from imbnas.runs.queue.agenda import Agenda
from imbnas.runs.queue.claims import Claims
from imbnas.runs.queue.queue import Queue
from imbnas.runs.queue.unit_filter import UnitFilter
from imbnas.runs.retries import is_disk_fault, move_aside
from imbnas.runs.store.checkpoints import Checkpointing, Suspended, remove_checkpoints
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.logs import Seldom, WorkerLog, worker_log
from imbnas.runs.store.records import DamagedRecordError
from imbnas.runs.store.unit_state import UnitState
from imbnas.runs.unit_tokens import UnitTokens
from imbnas.runs.worker_command import (
    BAD_INPUT,
    DISK_FAULT,
    NOT_CAPPED,
    OTHER_IMBNAS,
    WorkerOptions,
    parse_worker_options,
)
from imbnas.suites.expand import Expansion
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit, Unit

_IDLE_SECONDS = 0.2


class StoppedAtOnce(BaseException):
    """A second signal: the unit in progress is left at its last checkpoint."""


class Executes(Protocol):
    """What a worker needs of an executor."""

    def execute(self, unit: Unit) -> Record:
        """Do the work of a unit."""

    def execute_stack(self, units: Sequence[TrainUnit]) -> Sequence[Record | Exception]:
        """Do the work of units of one stack."""


@dataclass
class Worker:
    """Does units until nothing is left that it could do.

    Attributes:
        directory: the run.
        queue: what of it is to be done.
        executor: does the units.
        checkpointing: how the executor checkpoints long units.
        parent: process number of the supervisor, whose end ends this worker.
        tokens: one for each unit that may be begun; ``None`` for any number.
        log: of its work.
        until: seconds since the epoch; no unit is begun that would not be finished by then.
    """

    directory: RunDirectory
    queue: Queue
    executor: Executes
    checkpointing: Checkpointing
    parent: int | None = None
    tokens: UnitTokens | None = None
    log: WorkerLog = field(default_factory=WorkerLog)
    until: float | None = None
    _stopping: bool = False
    _out_of_time: bool = False

    def __post_init__(self) -> None:
        self._agenda = Agenda(self.queue)
        self._claims = Claims(self.directory)
        self._deadline = Deadline(self.until, self.directory)

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
        self.checkpointing.suspending = True
        self._stopping = True

    def run(self) -> None:
        """Work until every unit is finished, failed or waits for a failed one."""
        self._claims.keep_fresh(self.parent)
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
        self._claims.sweep(self.directory.states().ended)

    def _do_one(self) -> bool:
        """Do the first unit that can be done; returns whether there was one."""
        refused = allowed = False
        for unit in self._agenda.candidates():
            if not self._deadline.allows(unit):
                refused = True
                continue
            allowed = True
            if self._try(unit):
                return True
        self._out_of_time = refused and not allowed
        return False

    def _try(self, unit: Unit) -> bool:
        """Do the unit, and those stacked with it; returns whether this worker did.

        One that another worker has claimed is left to it.
        """
        if self._stopping:
            return True
        claimed = self._claim(self.queue.stack_of(unit))
        try:
            # Another worker may have finished it between the look and the claim.
            units = self._allowed([each for each in claimed if not self._has_ended(each)])
            return bool(units) and self._execute(units)
        finally:
            self._release(claimed)

    def _claim(self, units: Sequence[Unit]) -> list[Unit]:
        """Claim those units that have not ended; none of them if another worker holds one."""
        claimed: list[Unit] = []
        for unit in units:
            if self._has_ended(unit):
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
        """As many of the units as there are tokens for."""
        tokens = self.tokens
        if tokens is None:
            return units
        allowed = list(takewhile(lambda _: tokens.take(), units))
        if len(allowed) < len(units):
            self._stopping = True
        return allowed

    def _has_ended(self, unit: Unit) -> bool:
        state = self.directory.state(unit)
        if state.has_ended:
            self._agenda.note_end(unit, state)
        return state.has_ended

    def _execute(self, units: list[Unit]) -> bool:
        first = units[0]
        for unit in units:
            self.log.begin(unit)
        try:
            outcomes = self._outcomes(units)
        except DamagedRecordError as error:
            # Not this unit's failure: what it builds on must be done again first.
            print(move_aside(self.directory, error), file=sys.stderr)  # noqa: T201
            self._agenda.note_damage(error.path.stem)
            self.log.end(first, f"put back: {error}")
            return False
        except ProcessKilledError as error:
            # Who kills the process of a unit could have killed this one: they count alike.
            self.log.end(first, f"died: {error}")
            end_by(error.signal)
        except Exception as error:
            if is_disk_fault(error):
                raise
            outcomes = [error] * len(units)
        outcomes = [self._possible(outcome) for outcome in outcomes]
        for unit, outcome in zip(units, outcomes, strict=True):
            self._publish(unit, outcome)
        remove_checkpoints(self.directory, first.identity)
        return True

    def _outcomes(self, units: list[Unit]) -> "Sequence[Record | Exception]":
        stack = [unit for unit in units if isinstance(unit, TrainUnit) and unit.stack > 1]
        if stack:
            return self.executor.execute_stack(stack)
        return [self.executor.execute(unit) for unit in units]

    def _possible(self, outcome: Record | Exception) -> Record | Exception:
        """A record that nobody would believe is a failure: it would be done again for ever."""
        if isinstance(outcome, Record):
            try:
                self.directory.check_record(outcome)
            except ValueError as error:
                return error
        return outcome

    def _publish(self, unit: Unit, outcome: Record | Exception) -> None:
        if isinstance(outcome, Exception):
            error, message, trace = _reason(outcome)
            self.directory.publish_failure(unit.identity, unit, error, message, trace)
            self._agenda.note_end(unit, UnitState.FAILED)
            self.log.end(unit, f"failed: {error}: {message}")
        else:
            self.directory.publish_record(outcome)
            self._agenda.note_end(unit, UnitState.DONE)
            self._deadline.note(unit, outcome.cost.seconds)
            self.log.end(unit, f"done in {outcome.cost.seconds:.2f} s")


def _reason(outcome: Exception) -> tuple[str, str, str]:
    """Name of an error, its first line, and where it came from."""
    if isinstance(outcome, ForeignCodeError):
        return outcome.error, outcome.message, outcome.trace
    kind = "WorkerDied" if isinstance(outcome, ProcessEndedError) else kind_of(outcome)
    return kind, message_of(outcome), traceback_of(outcome)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the worker process."""
    options = parse_worker_options(arguments)
    directory = RunDirectory(options.run_dir)
    try:
        check_installation(directory)
        # A wrong path is refused before logs are made there.
        resolved = directory.read_suite()
    except OtherInstallationError as error:
        _stops(error)
        return OTHER_IMBNAS
    except InputError as error:
        _stops(error)
        return BAD_INPUT
    try:
        with worker_log(options.run_dir) as log, ExitStack() as ending:
            if not _computes_as_all_others(resolved):
                return NOT_CAPPED
            worker = _build(options, log, ending)
            signal.signal(signal.SIGTERM, worker.stop)
            signal.signal(signal.SIGUSR1, worker.suspend)
            worker.run()
    except OSError as error:
        if not is_disk_fault(error):
            raise
        _stops(error)
        return DISK_FAULT
    return 0


def _stops(error: Exception) -> None:
    print(f"worker {getpid()} stops: {error}", file=sys.stderr)  # noqa: T201


def _computes_as_all_others(resolved: ResolvedSuite) -> bool:
    """Whether what a reproducible run promises holds here; says what does not."""
    from imbnas.execution.instruction_sets import NotCappedError, check_capped

    if not resolved.reproducible:
        return True
    try:
        check_capped()
    except NotCappedError as error:
        _stops(error)
        return False
    return True


def _build(options: WorkerOptions, log: WorkerLog, ending: ExitStack) -> Worker:
    from imbnas.execution.executor import Executor
    from imbnas.execution.instruction_sets import instruction_sets

    directory = RunDirectory(options.run_dir)
    resolved = directory.read_suite()
    unit_filter = UnitFilter(tuple(options.only)) if options.only else None
    checkpointing = Checkpointing(directory, options.checkpoint_seconds, tell=Seldom(log))
    executor = Executor(
        directory,
        options.locations,
        resolved.device_type,
        directory.pins(),
        checkpointing.attempt,
        plugins=lambda: directory.read_plugins(resolved.plugins),
    )
    instruction_sets()  # asked once here: what is forked for a unit need not ask again
    return Worker(
        directory,
        Queue(Expansion(resolved).plan(options.parts), directory, unit_filter),
        ending.enter_context(executor),
        checkpointing,
        options.parent,
        UnitTokens(*options.tokens) if options.tokens else None,
        log,
        options.until,
    )


if __name__ == "__main__":
    sys.exit(main())
