"""Starts and watches workers, and shows progress. It imports no torch."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import FrameType
from typing import Literal

from imbnas.isolation.launcher import safe_path
from imbnas.runs.gpus import VISIBLE, GpuShares
from imbnas.runs.limits import Limits, LimitWatch
from imbnas.runs.queue.claims import Claims
from imbnas.runs.queue.queue import Queue, RunProgress
from imbnas.runs.request import RunRequest
from imbnas.runs.retries import WorkerDeaths
from imbnas.runs.store.checkpoints import remove_spent_checkpoints
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import remove_orphans
from imbnas.runs.unit_tokens import UnitTokens
from imbnas.runs.worker_command import (
    DISK_FAULT,
    NOT_CAPPED,
    OTHER_IMBNAS,
    process_flags,
    worker_command,
)
from imbnas.runs.worker_environment import worker_environment

Process = subprocess.Popen[bytes]

_NOT_REPLACED = {0, DISK_FAULT, NOT_CAPPED, OTHER_IMBNAS}
"""Exit statuses of workers after which another one would end alike."""
_TICK_SECONDS = 0.2
_SHOW_SECONDS = 1.0
_SHOW_SHARE = 0.05


@dataclass
class Supervisor:
    """Keeps a number of worker processes busy until a plan is done or a budget is spent.

    Attributes:
        request: what is asked of the run; workers, limits and budget among it.
        queue: the plan and the run directory.
        gpus: that workers are spread over.
        stopped_by: which budget ended the run before everything was done, once it has ended.
    """

    request: RunRequest
    queue: Queue
    gpus: GpuShares = field(default_factory=GpuShares)
    stopped_by: Literal["time", "units"] | None = None
    _processes: list[Process] = field(default_factory=list)
    _deaths: WorkerDeaths = field(default_factory=WorkerDeaths)
    _interrupts: int = 0
    _tokens: UnitTokens | None = None
    _tokens_left: int = 0
    _limited: set[int] = field(default_factory=set)

    @property
    def _directory(self) -> RunDirectory:
        return self.queue.directory

    @cached_property
    def _claims(self) -> Claims:
        return Claims(self._directory)

    @cached_property
    def _watch(self) -> LimitWatch:
        return LimitWatch(self.request.limits)

    @property
    def _stopping(self) -> bool:
        return bool(self._interrupts or self.stopped_by)

    def run(self, show: Callable[[RunProgress], None]) -> RunProgress:
        """Do everything that can be done.

        Args:
            show: called about once a second with the state of the run.

        Returns:
            The state at the end.

        Raises:
            KeyboardInterrupt: after SIGINT or SIGTERM, once the workers have ended.
        """
        start = time.monotonic()
        remove_orphans(self._directory.temporary)
        progress = self.queue.progress()
        show(progress)
        with self._signals(), self._budgeted_units():
            try:
                for _ in range(min(self.request.workers, progress.left)):
                    self._start()
                self._attend(show, start)
            finally:
                self._signal_all(signal.SIGTERM)
                for process in self._processes:
                    process.wait()
        self._sweep()
        progress = self.queue.progress()
        show(progress)
        if self._interrupts:
            raise KeyboardInterrupt
        if self.request.budget.units is not None and progress.left and self._tokens_left <= 0:
            self.stopped_by = self.stopped_by or "units"
        return progress

    def _attend(self, show: Callable[[RunProgress], None], start: float) -> None:
        next_show = 0.0
        while self._processes:
            time.sleep(_TICK_SECONDS)
            self._fill_tokens()
            self._enforce_limits()
            for process in [p for p in self._processes if p.poll() is not None]:
                self._processes.remove(process)
                if self._may_follow(process):
                    self._start()
            now = time.monotonic()
            if (
                self.request.budget.seconds is not None
                and now - start > self.request.budget.seconds
            ):
                self._end_of_time()
            if now >= next_show:
                show(self.queue.progress())
                took = time.monotonic() - now
                next_show = now + max(_SHOW_SECONDS, took / _SHOW_SHARE)

    def _end_of_time(self) -> None:
        if not self._stopping:
            self.stopped_by = "time"
            _say("the time budget is spent; units stop at their next checkpoint")
            self._signal_all(signal.SIGUSR1)

    def _sweep(self) -> None:
        """Remove what workers that were killed could not remove themselves."""
        states = self._directory.states()
        self._claims.sweep(states.ended)
        remove_spent_checkpoints(self._directory, states.done)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Stop in stages at SIGINT and SIGTERM."""
        old = {s: signal.signal(s, self._interrupt) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        self._interrupts += 1
        if self._interrupts == 1:
            _say("finishing the units in progress; Ctrl-C again stops them at the last checkpoint")
        elif self._interrupts == 2:
            _say("stopping at the last checkpoint")
        self._signal_all(signal.SIGTERM if self._interrupts <= 2 else signal.SIGKILL)

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self._processes:
            process.send_signal(number)

    @contextmanager
    def _budgeted_units(self) -> Iterator[None]:
        if self.request.budget.units is None:
            yield
            return
        self._tokens, self._tokens_left = UnitTokens.empty(), self.request.budget.units
        self._fill_tokens()
        try:
            yield
        finally:
            self._tokens.close()

    def _fill_tokens(self) -> None:
        while self._tokens and self._tokens_left:
            added = self._tokens.add(self._tokens_left)
            self._tokens_left -= added
            if not added:
                return

    def _start(self) -> None:
        tokens = (self._tokens.reading, self._tokens.writing) if self._tokens else ()
        command = [
            *self.request.launcher,
            *worker_command(self.request),
            *process_flags(os.getpid(), tokens),
        ]
        gpu = self.gpus.next(process.pid for process in self._processes)
        # An own session keeps Ctrl-C of the terminal away, so that units can be finished.
        process = subprocess.Popen(
            command,
            env={
                **os.environ,
                **safe_path(),
                **worker_environment(self.request),
                **({VISIBLE: gpu} if gpu else {}),
            },
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=tokens,
        )
        self.gpus.note(process.pid, gpu)
        self._processes.append(process)

    def _enforce_limits(self) -> None:
        """Kill workers whose unit exceeds a limit; the unit becomes a failure."""
        if self.request.limits == Limits():
            return
        own = {process.pid: process for process in self._processes}
        held = {pid: units for pid, units in self._claims.by_process().items() if pid in own}
        for pid, (error, message) in self._watch.breaches(held).items():
            # Before its worker is gone, so that no other one takes the unit over.
            for identity in held[pid]:
                self._fail(identity, error, message)
            os.killpg(pid, signal.SIGKILL)
            own[pid].wait()
            self._limited.add(pid)
            for identity in held[pid]:
                self._claims.release(identity)

    def _may_follow(self, process: Process) -> bool:
        """Decide whether a worker that ended gets a successor."""
        if process.returncode in _NOT_REPLACED or self._stopping:
            return False
        held = self._claims.by_process().get(process.pid, [])
        for identity in held:
            message = self._deaths.failure(identity, process.returncode)
            if message:
                self._fail(identity, "WorkerDied", message)
                self._claims.release(identity)
        self._tokens_left += len(held) if self._tokens else 0
        limited = process.pid in self._limited
        if held or limited or self._deaths.is_replaced_without_unit():
            return True
        _say(
            f"workers die before they begin a unit, the last with status {process.returncode}; "
            "no more are started"
        )
        return False

    def _fail(self, identity: str, error: str, message: str) -> None:
        unit = self.queue.units.get(identity)
        if unit is None or not self._directory.state(unit).has_record:
            self._directory.publish_failure(identity, unit, error, message)


def _say(message: str) -> None:
    sys.stderr.write(message + "\n")
