"""How long units take on this machine, by shortened ones that are timed."""

import math
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from imbnas.planning.cost import UnitCosts
from imbnas.planning.planned_units import PlannedUnit
from imbnas.planning.sample import Group, Sample
from imbnas.planning.short_data import shortened
from imbnas.planning.timing import Job, Timing, timers
from imbnas.planning.unit_cost import UnitCost
from imbnas.runs.gpus import visible_gpus
from imbnas.runs.queue.stacks import stacks
from imbnas.runs.request import RunRequest
from imbnas.units.unit import TrainUnit

_UNSEEN = 0.15
"""Half the range where all timings agree: a run is not its sample."""

_NARROW, _PATIENCE = 0.25, 20.0
"""Timings are repeated until half the range is at most this, or for so many seconds."""

_BETWEEN_UNITS = 0.006
"""Seconds from one unit to the next, for claiming, storing and logging."""


@dataclass(frozen=True)
class TimeRange:
    """Wall-clock seconds, from and to."""

    low: float
    high: float


@dataclass(frozen=True)
class Trial:
    """A shortened unit, or a stack of them, that is timed for a group of units.

    Attributes:
        group: see ``Sample.group``.
        cost: of the shortened unit.
        places: of the stack.
    """

    group: Group
    cost: UnitCost | None
    places: int

    def seconds(self, timing: Timing, cost: UnitCost) -> float:
        """Seconds of a unit of the group, or of one place of its stack.

        The work that it has more than the trial goes on as in the trial's epochs or candidates.
        """
        short = self.cost or cost
        in_steps = 3 * short.trained + short.head or short.passes
        per_pass = (timing.steps or timing.whole) / in_steps if in_steps else 0.0
        return (timing.whole + per_pass * (cost.passes - short.passes)) / self.places


@dataclass(frozen=True)
class Workload:
    """What is left of a plan.

    Attributes:
        units: each with a cost, behind those that it requires.
        groups: of the units, see ``Sample.group``.
        processes: that work at the same time.
    """

    units: Sequence[PlannedUnit]
    groups: Sequence[Group]
    processes: int

    def seconds(self, trials: Sequence[Trial], timings: Sequence[Timing]) -> float:
        """Seconds until all is done: work shared evenly, or the longest chain of units."""
        timed: dict[Group, list[tuple[Trial, Timing]]] = {}
        for trial, timing in zip(trials, timings, strict=True):
            timed.setdefault(trial.group, []).append((trial, timing))
        ends: dict[str, float] = {}
        work = 0.0
        for planned, group in zip(self.units, self.groups, strict=True):
            cost, identity = planned.cost, planned.unit.identity
            each = [trial.seconds(timing, cost) for trial, timing in timed[group] if cost]
            seconds = statistics.mean(each) * self._places.get(identity, 1.0) + _BETWEEN_UNITS
            begin = max((ends.get(required, 0.0) for required in planned.requires), default=0.0)
            ends[identity] = begin + seconds
            work += seconds
        return max(work / self.processes, *ends.values())

    @cached_property
    def _places(self) -> dict[str, float]:
        """Identity → places of its stack that a training pays for; it shares the empty ones."""
        trainings = [p.unit for p in self.units if isinstance(p.unit, TrainUnit)]
        return {key: stack[0].stack / len(stack) for key, stack in stacks(trainings).items()}


def time_range(
    left: Sequence[PlannedUnit], sample: Sample, request: RunRequest, processes: int
) -> TimeRange:
    """Time a sample of units side by side and tell how long all that are left take.

    The middle is what the medians of the timings give; the width follows from how much processes
    and repetitions differ.

    Args:
        left: units that are to be done, each with a cost and behind those that it requires.
        sample: of the plan.
        request: of the run.
        processes: that work at the same time.

    Raises:
        TimingError: a shortened unit fails.
    """
    workload = Workload(left, [sample.group(planned.unit) for planned in left], processes)
    chosen = sample.choose(planned.unit for planned in left)
    short, limit = sample.shortened(chosen), sample.limit(chosen)
    shelf = sample.costs.shelf
    costs = UnitCosts(shortened(shelf, limit), [stack[0] for stack in short])
    trials = [
        Trial(sample.group(unit), costs.of(stack[0]), getattr(unit, "stack", 1))
        for unit, stack in zip(chosen, short, strict=True)
    ]
    first = {trial.group: number for number, trial in reversed([*enumerate(trials)])}
    alike = {n for n, unit in enumerate(chosen) if isinstance(unit, TrainUnit)} - {*first.values()}
    gpus = visible_gpus(torch.cuda.device_count(), os.environ)
    start = time.perf_counter()
    with timers(
        Job(short, request, shelf.pins, limit),
        processes,
        gpus if request.device_type == "cuda" else (),
    ) as ready:
        startup = time.perf_counter() - start
        # What a process does first pays for imports and loading.
        ready.run([number for number in range(len(trials)) if number not in alike])
        rounds: list[list[Timing]] = []
        start = time.perf_counter()
        while True:
            rounds += ready.time(len(trials), seed=len(rounds))
            found = _range(workload, trials, rounds, startup)
            late = time.perf_counter() - start > _PATIENCE
            if len(rounds) > 1 and (
                late or found.high <= (1 + _NARROW) / (1 - _NARROW) * found.low
            ):
                return found


def _range(
    workload: Workload, trials: Sequence[Trial], rounds: Sequence[Sequence[Timing]], startup: float
) -> TimeRange:
    """Around the medians, two standard errors and what no timing shows, either way."""
    estimates = [workload.seconds(trials, timings) for timings in rounds]
    medians = [
        Timing(*(statistics.median(part) for part in zip(*timings, strict=True)))
        for timings in zip(*rounds, strict=True)
    ]
    middle = workload.seconds(trials, medians)
    spread = statistics.stdev(estimates) if len(estimates) > 1 else 0.0
    half = _UNSEEN * middle + 2 * spread / math.sqrt(len(estimates))
    return TimeRange(max(middle - half, 0.0) + startup, middle + half + startup)
