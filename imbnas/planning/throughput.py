"""How long a run takes on this machine, by shortened units that are timed."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from imbnas.planning.cost import UnitCost
from imbnas.planning.sample import Group, Sample, Trial
from imbnas.planning.timing import Job, Timing, time_side_by_side
from imbnas.runs.queue.stacks import stacks
from imbnas.runs.request import RunRequest
from imbnas.units.unit import TrainUnit, Unit

_UNSEEN = 0.15
"""Half the range where all timings agree: a run is not its sample."""

_BETWEEN_UNITS = 0.006
"""Seconds from one unit to the next, for claiming, storing and logging."""


@dataclass(frozen=True)
class Task:
    """A unit that is to be done.

    Attributes:
        unit: a training of a network yet to be found has a random architecture instead.
        requires: identities of the units that must be finished before.
        cost: of the unit.
    """

    unit: Unit
    requires: tuple[str, ...]
    cost: UnitCost


@dataclass(frozen=True)
class TimeRange:
    """Wall-clock seconds, from and to."""

    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class Workload:
    """What is left of a plan, and how it is done.

    Attributes:
        tasks: each behind those that it requires.
        sample: of the plan.
        processes: that work at the same time.
    """

    tasks: Sequence[Task]
    sample: Sample
    processes: int

    def time(self, request: RunRequest) -> TimeRange:
        """Time a sample side by side and predict how long the tasks take.

        The middle is what the medians of the timings give. Half the width is two standard errors,
        from how much processes and repetitions differ, and what no timing shows.

        Raises:
            TimingError: a shortened unit fails.
        """
        trials = self.sample.trials(task.unit for task in self.tasks)
        job = Job(trials, self.sample.limit, request, self.sample.costs.pool.pins)
        startup, rows = time_side_by_side(job, self.processes)
        estimates = [self._seconds(trials, row) for row in rows]
        medians = [
            Timing(*(statistics.median(part) for part in zip(*timings, strict=True)))
            for timings in zip(*rows, strict=True)
        ]
        middle = self._seconds(trials, medians)
        error = statistics.stdev(estimates) / math.sqrt(len(estimates))
        half = min(_UNSEEN * middle + 2 * error, middle)
        return TimeRange(middle - half + startup, middle + half + startup)

    def _seconds(self, trials: Sequence[Trial], timings: Sequence[Timing]) -> float:
        """Seconds until all is done: work shared evenly, or the longest chain of units."""
        timed: dict[Group, list[tuple[Trial, Timing]]] = {}
        for trial, timing in zip(trials, timings, strict=True):
            timed.setdefault(trial.group, []).append((trial, timing))
        ends: dict[str, float] = {}
        work = 0.0
        for task, group, places in zip(self.tasks, self._groups, self._places, strict=True):
            place = statistics.mean(seconds(*pair, task.cost) for pair in timed[group])
            begin = max((ends.get(required, 0.0) for required in task.requires), default=0.0)
            ends[task.unit.identity] = begin + places * place + _BETWEEN_UNITS
            work += places * place + _BETWEEN_UNITS
        return max(work / self.processes, *ends.values())

    @cached_property
    def _groups(self) -> list[Group]:
        return [self.sample.group(task.unit) for task in self.tasks]

    @cached_property
    def _places(self) -> list[float]:
        """How many places of its stack each unit pays for: it shares the empty ones."""
        stacked = stacks(task.unit for task in self.tasks if isinstance(task.unit, TrainUnit))
        shares = {identity: stack[0].stack / len(stack) for identity, stack in stacked.items()}
        return [shares.get(task.unit.identity, 1.0) for task in self.tasks]


def seconds(trial: Trial, timing: Timing, cost: UnitCost) -> float:
    """Seconds of a unit of the trial's group, or of one place of its stack.

    The work that it has more than the trial goes on as in the trial's epochs or candidates.
    """
    short = trial.cost or cost
    trained = 3 * short.trained + short.head if timing.steps else 0
    passes = trained or short.passes
    per_pass = (timing.steps or timing.whole) / passes if passes else 0.0
    return (timing.whole + per_pass * (cost.passes - short.passes)) / trial.places
