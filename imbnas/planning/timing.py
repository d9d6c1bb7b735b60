"""Times shortened units in processes like a run's workers, as many at the same time."""

import gc
import math
import os
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from typing import NamedTuple

import torch

from imbnas.data.manifests import Manifest
from imbnas.errors import ImbnasError
from imbnas.execution.attempts import SingleAttempt
from imbnas.execution.caps import worker_caps
from imbnas.execution.executor import Executor
from imbnas.execution.instruction_sets import check_capped
from imbnas.isolation.environment import environment_of_children
from imbnas.isolation.launcher import safe_path
from imbnas.planning.sample import Trial
from imbnas.planning.short_data import ShortDataPool
from imbnas.runs.gpus import VISIBLE, visible_gpus
from imbnas.runs.request import RunRequest
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit, Unit

_SECONDS = 3.0
"""Trials that take less together are repeated."""

_FIRST_SHARE = 0.6
"""Of the time that a process has, for timing each group; the rest is for timing it again."""


class TimingError(ImbnasError):
    """A shortened unit failed, or the process that timed it."""


class Timing(NamedTuple):
    """Seconds of a shortened unit or stack, see ``clock_of``.

    Attributes:
        whole: all of it.
        steps: the part in epochs, or in scores of candidates; 0 for units without such.
    """

    whole: float
    steps: float


class Job(NamedTuple):
    """What the processes are given.

    Attributes:
        trials: each behind those that it builds on, else the most important ones first.
        limit: of images, see ``ShortDataPool``.
        request: of the run.
        pins: of the run.
        seconds: that each process has once it is ready. What would not be finished by then is not
            begun, but for the first trial.
    """

    trials: Sequence[Trial]
    limit: int
    request: RunRequest
    pins: Sequence[Manifest]
    seconds: float = math.inf


Row = Sequence[Timing | None]
"""One timing of each trial; ``None`` for one that there was no time for."""


def time_side_by_side(job: Job, processes: int) -> tuple[float, list[Row]]:
    """Time the trials in several processes, in each in a random order, so that kinds mix.

    Args:
        job: the same for all.
        processes: how many; on CUDA they are spread over the GPUs. A single one does all at least
            twice if it has the time.

    Returns:
        Seconds until the last process was ready, and timings of the trials, as many rows as there
        were rounds in all processes.

    Raises:
        TimingError: a unit fails or a process dies.
    """
    on_cuda = job.request.device_type == "cuda"
    gpus = visible_gpus(torch.cuda.device_count(), os.environ) if on_cuda else ()
    start, rounds = time.time(), 1 if processes > 1 else 2
    caps = worker_caps(job.request.reproducible)
    with (
        environment_of_children(safe_path() | caps),
        ProcessPoolExecutor(processes, get_context("spawn")) as pool,
    ):
        futures = [
            pool.submit(_time, job, rounds, n, {VISIBLE: gpus[n % len(gpus)]} if gpus else {})
            for n in range(processes)
        ]
        try:
            answers = [future.result() for future in futures]
        except BrokenProcessPool:
            raise TimingError("a process that timed shortened units died") from None
    return max(ready for ready, _ in answers) - start, [row for _, rows in answers for row in rows]


def _time(
    job: Job, rounds: int, seed: int, environment: Mapping[str, str]
) -> tuple[float, list[Row]]:
    """When this process was ready, in seconds since the epoch, and its timings."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what plug-ins print is no plan
    os.environ.update(environment)
    if job.request.reproducible:
        check_capped()
    bench, ready = _Bench(job), time.time()
    return ready, _rows(job, rounds, seed, bench.time)


def _rows(
    job: Job, rounds: int, seed: int, measure: Callable[[Sequence[Unit]], Timing]
) -> list[Row]:
    """Time the trials again and again while there is time.

    What a group's first trial takes at first counts only where no other was done: it loads and
    imports what hundreds of units share.

    Args:
        job: trials, and for how long.
        rounds: at least so many, if there is time.
        seed: of the order in which trials are timed again.
        measure: does a trial's units.
    """
    clock = _Clock(job.seconds, measure)
    groups: set[object] = set()
    done: set[str] = set()
    first: dict[int, Timing] = {}
    for number, trial in enumerate(job.trials):
        unit = trial.units[0]
        # Others of its group are timed later; on others but trainings units build.
        if (trial.group in groups and unit.kind == "train") or not done.issuperset(unit.requires):
            continue
        groups.add(trial.group)
        if timing := clock.time_warm(trial, _FIRST_SHARE, needed=not first):
            first[number] = timing
            done.add(unit.identity)
    # A full collection, rare in a run, would take a good part of a short unit.
    gc.freeze()
    known = {job.trials[number].group for number in first}
    numbers = [
        number
        for number, trial in enumerate(job.trials)
        if number in first or (trial.units[0].kind == "train" and trial.group in known)
    ]
    rows: list[Row] = []
    rng, start = random.Random(seed), time.perf_counter()
    while len(rows) < rounds or time.perf_counter() - start < _SECONDS:
        order = rng.sample(numbers, len(numbers))
        timed = {number: clock.time(job.trials[number], 1.0) for number in order}
        if not any(timed.values()):
            break
        rows.append([timed.get(number) for number in range(len(job.trials))])
    seen = {n for row in rows for n, timing in enumerate(row) if timing}
    if first.keys() - seen:
        rows.append([None if n in seen else first.get(n) for n in range(len(job.trials))])
    return rows


class _Clock:
    """Times trials that would be finished in time, as far as can be told before."""

    def __init__(self, seconds: float, measure: Callable[[Sequence[Unit]], Timing]) -> None:
        self._seconds, self._measure = seconds, measure
        self._start = time.perf_counter()
        self._lasted: dict[str, float] = {}
        self._per_mac = 0.0

    def time(self, trial: Trial, share: float, *, needed: bool = False) -> Timing | None:
        """Do a trial; ``None`` for one that would end after a share of the time."""
        elapsed = time.perf_counter() - self._start
        if not needed and elapsed + self._expected(trial) > share * self._seconds:
            return None
        timing = self._measure(trial.units)
        self._lasted[trial.units[0].identity] = timing.whole
        if trial.macs:
            per_mac = timing.whole / trial.macs
            # What is done first has to load and import: the fastest says what others need.
            self._per_mac = min(per_mac, self._per_mac or per_mac)
        return timing

    def time_warm(self, trial: Trial, share: float, *, needed: bool = False) -> Timing | None:
        """Do a trial twice and tell of the second time; ``None`` where there is none.

        A needed trial is told of by its first time where that was all there was time for.
        """
        cold = self.time(trial, share, needed=needed)
        return cold and (self.time(trial, share) or (cold if needed else None))

    def _expected(self, trial: Trial) -> float:
        """Seconds of a trial, from those that it took before or its multiply-accumulates."""
        return self._lasted.get(trial.units[0].identity, trial.macs * self._per_mac)


def clock_of(request: RunRequest) -> Callable[[], float]:
    """What units are timed by.

    Processor seconds, which tell what an idle machine takes also where others use it: a worker
    has one thread. Wall-clock seconds where a GPU or processes of plug-ins do the work.
    """
    apart = request.device_type != "cpu" or request.plugins
    return time.perf_counter if apart else time.process_time


class _Bench:
    """Does units as a worker does, but keeps in memory what they leave; a ``Store``."""

    def __init__(self, job: Job) -> None:
        self._records: dict[str, Record] = {}
        self._weights: dict[str, bytes] = {}
        self._clock = clock_of(job.request)
        self._attempt = _Attempt((), self._clock)
        # Code of plug-ins is timed as it runs: in processes of its own.
        self._runner = Executor(
            self,
            job.request.locations,
            job.request.device_type,
            job.pins,
            self._begin,
            partial(ShortDataPool, limit=job.limit),
            plugins=lambda: job.request.plugins,
        )

    def time(self, stack: Sequence[Unit]) -> Timing:
        """Do a unit, or the units of a stack."""
        start = self._clock()
        try:
            for record in self._do(stack):
                if isinstance(record, Exception):
                    raise record
                self._records[record.identity] = record
        except Exception as error:
            raise TimingError(
                f"timing {stack[0].label!r} in short: {type(error).__name__}: {error}; "
                "a run of this suite would fail alike"
            ) from None
        whole = self._clock() - start - self._attempt.building
        return Timing(whole, self._attempt.in_steps)

    def _do(self, stack: Sequence[Unit]) -> Sequence[Record | Exception]:
        trainings = [unit for unit in stack if isinstance(unit, TrainUnit)]
        if len(trainings) > 1:
            return self._runner.execute_stack(trainings)
        return [self._runner.execute(stack[0])]

    def _begin(self, units: Sequence[Unit]) -> "_Attempt":
        self._attempt = _Attempt(units, self._clock)
        return self._attempt

    def read_record(self, kind: str, identity: str) -> Record:
        return self._records[identity]

    def read_weights(self, sha256: str) -> bytes:
        return self._weights[sha256]

    def publish_weights(self, content: bytes) -> str:
        name = sha256(content).hexdigest()
        self._weights[name] = content
        return name


class _Attempt(SingleAttempt):
    """Adds up the time in epochs, or in candidates: from each opening to its last offer.

    Libraries build what a shape of tensors needs when it comes first, which takes many times as
    long as a step and is done once in a run: the first epoch counts as long as the others.

    Attributes:
        in_steps: seconds that they would have taken if all had been as the later ones.
        building: seconds that they took beyond that.
    """

    def __init__(self, units: Sequence[Unit], clock: Callable[[], float]) -> None:
        super().__init__(units)
        self._clock = clock
        self._since = 0.0
        self._took: list[float] = []

    def open(self) -> "_Attempt":
        self._since = self._clock()
        return self

    def offer(self, take: Callable[[], object], reached: object = None) -> None:
        now = self._clock()
        self._took.append(now - self._since)
        self._since = now

    @property
    def in_steps(self) -> float:
        later = self._took[1:] or self._took
        return len(self._took) * sum(later) / len(later) if later else 0.0

    @property
    def building(self) -> float:
        return sum(self._took) - self.in_steps
