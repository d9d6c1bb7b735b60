"""Times shortened units in processes like a run's workers, as many at the same time."""

import gc
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


class TimingError(ImbnasError):
    """A shortened unit failed, or the process that timed it."""


class Timing(NamedTuple):
    """Wall-clock seconds of a shortened unit or stack.

    Attributes:
        whole: all of it.
        steps: the part in epochs, or in scores of candidates; 0 for units without such.
    """

    whole: float
    steps: float


class Job(NamedTuple):
    """What the processes are given.

    Attributes:
        trials: each behind those that it builds on.
        limit: of images, see ``ShortDataPool``.
        request: of the run.
        pins: of the run.
    """

    trials: Sequence[Trial]
    limit: int
    request: RunRequest
    pins: Sequence[Manifest]


def time_side_by_side(job: Job, processes: int) -> tuple[float, list[list[Timing]]]:
    """Time the trials in several processes, in each in a random order, so that kinds mix.

    Args:
        job: the same for all.
        processes: how many; on CUDA they are spread over the GPUs. A single one does all at least
            twice.

    Returns:
        Seconds until the last process was ready, and at least two timings of all trials.

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
) -> tuple[float, list[list[Timing]]]:
    """When this process was ready, in seconds since the epoch, and its timings."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what plug-ins print is no plan
    os.environ.update(environment)
    if job.request.reproducible:
        check_capped()
    bench, ready = _Bench(job), time.time()
    firsts: dict[object, Trial] = {}
    for trial in job.trials:
        # The first of a group pays for imports and loading; on others but trainings units build.
        if firsts.setdefault(trial.group, trial) is trial or trial.units[0].kind != "train":
            bench.time(trial.units)
    # A full collection, rare in a run, would take a good part of a short unit.
    gc.freeze()
    rows: list[list[Timing]] = []
    numbers, rng = range(len(job.trials)), random.Random(seed)
    start = time.perf_counter()
    while len(rows) < rounds or time.perf_counter() - start < _SECONDS:
        timed = {n: bench.time(job.trials[n].units) for n in rng.sample(numbers, len(numbers))}
        rows.append([timed[n] for n in numbers])
    return ready, rows


class _Bench:
    """Does units as a worker does, but keeps in memory what they leave; a ``Store``."""

    def __init__(self, job: Job) -> None:
        self._records: dict[str, Record] = {}
        self._weights: dict[str, bytes] = {}
        self._attempt = _Attempt(())
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
        start = time.perf_counter()
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
        return Timing(time.perf_counter() - start, self._attempt.in_steps)

    def _do(self, stack: Sequence[Unit]) -> Sequence[Record | Exception]:
        trainings = [unit for unit in stack if isinstance(unit, TrainUnit)]
        if len(trainings) > 1:
            return self._runner.execute_stack(trainings)
        return [self._runner.execute(stack[0])]

    def _begin(self, units: Sequence[Unit]) -> "_Attempt":
        self._attempt = _Attempt(units)
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
    """Adds up the time in epochs, or in candidates: from each opening to its last offer."""

    in_steps = 0.0
    _since = 0.0

    def open(self) -> "_Attempt":
        self._since = time.perf_counter()
        return self

    def offer(self, take: Callable[[], object]) -> None:
        now = time.perf_counter()
        self.in_steps += now - self._since
        self._since = now
