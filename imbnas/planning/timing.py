"""Times shortened units in processes like a run's workers, as many at the same time."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, NamedTuple

from imbnas.errors import ImbnasError
from imbnas.execution.attempts import SingleAttempt
from imbnas.runs.gpus import VISIBLE
from imbnas.runs.supervisor import SINGLE_THREADED
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit, Unit

if TYPE_CHECKING:
    from imbnas.data.manifests import Manifest
    from imbnas.runs.request import RunRequest


class TimingError(ImbnasError):
    """A unit could not be timed."""


class Timing(NamedTuple):
    """Wall-clock seconds of a shortened unit or stack.

    Attributes:
        whole: all of it.
        steps: the part in epochs, or in scores of candidates; 0 for units without such.
    """

    whole: float
    steps: float


@dataclass(frozen=True)
class Job:
    """Shortened units and what they need.

    Attributes:
        stacks: single units, or units that are trained side by side; those that others build on
            come first.
        request: of the run.
        pins: of the run.
        limit: of images, see ``ShortDataPool``.
    """

    stacks: Sequence[tuple[Unit, ...]]
    request: "RunRequest"
    pins: "Sequence[Manifest]"
    limit: int


@dataclass(frozen=True)
class Timers:
    """Processes that do the stacks of one job when they are asked to.

    Attributes:
        pipes: to the processes.
    """

    pipes: Sequence[Connection]

    def run(self, order: Sequence[int]) -> None:
        """Do some stacks of the job, in this order, in every process."""
        self._ask([order] * len(self.pipes))

    def time(self, count: int, seed: int) -> list[list[Timing]]:
        """Time the job's ``count`` stacks in every process, in random orders; one list for each."""
        rng = random.Random(seed)
        orders = [rng.sample(range(count), count) for _ in self.pipes]
        answers = zip(orders, self._ask(orders), strict=True)
        return [[timings[order.index(n)] for n in range(count)] for order, timings in answers]

    def _ask(self, orders: Sequence[Sequence[int]]) -> list[list[Timing]]:
        for pipe, order in zip(self.pipes, orders, strict=True):
            pipe.send(order)
        return [_answer(pipe) for pipe in self.pipes]


@contextmanager
def timers(job: Job, count: int, gpus: Sequence[str]) -> Iterator[Timers]:
    """Start processes that end with the block, and wait until they are ready.

    Args:
        job: for each of them.
        count: how many.
        gpus: that they are spread over; none on the CPU.

    Raises:
        TimingError: within the block, where a unit fails or a process dies.
    """
    context = get_context("spawn")
    processes, pipes = [], []
    try:
        for number in range(count):
            ours, theirs = context.Pipe()
            gpu = {VISIBLE: gpus[number % len(gpus)]} if gpus else {}
            arguments = (theirs, job, SINGLE_THREADED | gpu)
            processes.append(context.Process(target=_serve, args=arguments, daemon=True))
            processes[-1].start()
            theirs.close()
            pipes.append(ours)
        ready = Timers(pipes)
        ready.run(())
        yield ready
    finally:
        for process in processes:
            process.kill()
            process.join()


def _answer(pipe: Connection) -> list[Timing]:
    try:
        answer: list[Timing] | str = pipe.recv()
    except (EOFError, OSError):
        answer = "a process died"
    if isinstance(answer, str):
        raise TimingError(f"timing shortened units: {answer}; a run of this suite would fail alike")
    return answer


def _serve(pipe: Connection, job: Job, environment: dict[str, str]) -> None:
    """Do the stacks that the other end asks for, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what plug-ins print is no plan
    os.environ.update(environment)
    timed = _stopwatch(job)
    while True:
        try:
            order = pipe.recv()
        except EOFError:
            return
        stack, timings = (), list[Timing]()
        try:
            for stack in (job.stacks[number] for number in order):
                timings.append(timed(stack))
            pipe.send(timings)
        except Exception as error:
            pipe.send(f"{stack[0].label}: {type(error).__name__}: {error}")


def _stopwatch(job: Job) -> Callable[[tuple[Unit, ...]], Timing]:
    """What does a stack and times it."""
    from imbnas.execution.runner import Executor
    from imbnas.planning.short_data import ShortDataPool
    from imbnas.registry import load_plugins

    request, store, attempts = job.request, _Memory(), list[_Attempt]()

    def attempt(units: Sequence[Unit]) -> _Attempt:
        attempts.append(_Attempt(units))
        return attempts[-1]

    load_plugins(request.plugins)
    pool = partial(ShortDataPool, limit=job.limit)
    runner = Executor(store, request.locations, request.device_type, job.pins, attempt, pool)

    def timed(stack: tuple[Unit, ...]) -> Timing:
        start = time.perf_counter()
        trainings = [unit for unit in stack if isinstance(unit, TrainUnit) and unit.stack > 1]
        done = runner.execute_stack(trainings) if trainings else [runner.execute(stack[0])]
        for record in done:
            if isinstance(record, Exception):
                raise record
            store.records[record.identity] = record
        return Timing(time.perf_counter() - start, attempts.pop().in_steps)

    return timed


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


class _Memory:
    """A ``Store`` that writes no file."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self._weights: dict[str, bytes] = {}

    def read_record(self, kind: str, identity: str) -> Record:
        return self.records[identity]

    def read_weights(self, sha256: str) -> bytes:
        return self._weights[sha256]

    def publish_weights(self, content: bytes) -> str:
        name = sha256(content).hexdigest()
        self._weights[name] = content
        return name

    def mend_weights(self, content: bytes) -> bool:
        return False
