"""How long a run takes on this machine, by shortened units that are timed."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from imbnas.data.manifests import Manifest
from imbnas.planning.cost import UnitCost
from imbnas.planning.sample import Group, Sample, Trial
from imbnas.planning.timing import Job, Row, Timing, time_side_by_side
from imbnas.runs.queue.stacks import stacks
from imbnas.runs.request import RunRequest
from imbnas.units.unit import TrainUnit, Unit

_UNSEEN = 0.15
"""Half the range where all timings agree: a run is not its sample."""

_UNTIMED = 0.5
"""Half the range for units of which none was timed."""

MOST_SECONDS = 6.0
"""That units are timed for in each process."""

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
class Pace:
    """How fast this machine does units, from shortened ones.

    Units of groups that were not timed get the multiply-accumulates per second of their kind, or of
    all kinds where none of it was timed.

    Attributes:
        timed: what was timed, by group.
    """

    timed: Mapping[Group, Sequence[tuple[Trial, Timing]]]

    @classmethod
    def of(cls, trials: Sequence[Trial], timings: Row) -> "Pace":
        """The pace by one timing of each trial, as far as there is one."""
        timed: dict[Group, list[tuple[Trial, Timing]]] = {}
        for trial, timing in zip(trials, timings, strict=True):
            if timing:
                timed.setdefault(trial.group, []).append((trial, timing))
        return cls(timed)

    def seconds(self, group: Group, cost: UnitCost) -> float:
        """Seconds of a unit, or of one place of its stack."""
        if group in self._lines:
            fixed, per_pass = self._lines[group]
            return fixed + per_pass * cost.passes
        return cost.macs * self._per_mac.get(group[0], self._per_mac_of_all)

    @cached_property
    def _lines(self) -> dict[Group, tuple[float, float]]:
        """Seconds of each group before any pass, and of a pass; means over its trials."""
        return {
            group: (
                statistics.mean(fixed for fixed, _ in lines),
                statistics.mean(per_pass for _, per_pass in lines),
            )
            for group, pairs in self.timed.items()
            for lines in [[_line(*pair) for pair in pairs]]
        }

    @cached_property
    def _per_mac(self) -> dict[object, float]:
        """Seconds of a multiply-accumulate for each kind, the median of its groups."""
        kinds: dict[object, list[float]] = {}
        for group, pairs in self.timed.items():
            paces = [seconds_per_mac(*pair) for pair in pairs if pair[0].cost and pair[0].cost.macs]
            if paces:
                kinds.setdefault(group[0], []).append(statistics.mean(paces))
        return {kind: statistics.median(paces) for kind, paces in kinds.items()}

    @cached_property
    def _per_mac_of_all(self) -> float:
        return statistics.median(self._per_mac.values()) if self._per_mac else 0.0


@dataclass(frozen=True)
class Measured:
    """What shortened units said.

    Attributes:
        startup: seconds until workers are ready.
        paces: of each round in each process.
        pace: by the medians of all timings.
    """

    startup: float
    paces: Sequence[Pace]
    pace: Pace


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

    def trials(self) -> list[Trial]:
        """What is timed for the tasks."""
        return self.sample.trials((task.unit, task.cost.macs) for task in self.tasks)

    def measure(
        self, trials: Sequence[Trial], request: RunRequest, pins: Sequence[Manifest]
    ) -> Measured:
        """Time the trials side by side, as long as there is time.

        Raises:
            TimingError: a shortened unit fails.
        """
        job = Job(trials, self.sample.limit, request, pins, MOST_SECONDS)
        startup, rows = time_side_by_side(job, self.processes)
        medians = [_median([t for t in timings if t]) for timings in zip(*rows, strict=True)]
        filled = ([t or m for t, m in zip(row, medians, strict=True)] for row in rows)
        paces = [Pace.of(trials, row) for row in filled]
        return Measured(startup, paces, Pace.of(trials, medians))

    def time(self, measured: Measured) -> TimeRange:
        """Predict how long the tasks take.

        The middle is what the medians of the timings give. Half the width is two standard errors,
        from how much processes and repetitions differ, and what no timing shows, which is more for
        units that were not timed.
        """
        middle = self._seconds(measured.pace)
        estimates = [self._seconds(pace) for pace in measured.paces]
        error = statistics.stdev(estimates) / math.sqrt(len(estimates)) if estimates[1:] else 0.0
        share = self.untimed_share(measured)
        unseen = (1 - share) * _UNSEEN + share * _UNTIMED
        half = min(unseen * middle + 2 * error, middle)
        return TimeRange(middle - half + measured.startup, middle + half + measured.startup)

    def untimed_share(self, measured: Measured) -> float:
        """The share of the work, in [0, 1], that is done by units of which none was timed."""
        work = sum(task.cost.macs for task in self.tasks)
        untimed = sum(task.cost.macs for task in self.untimed(measured))
        return untimed / work if work else 0.0

    def untimed(self, measured: Measured) -> list[Task]:
        """The tasks of which none of their group was timed."""
        timed = measured.pace.timed
        groups = zip(self.tasks, self._groups, strict=True)
        return [task for task, group in groups if group not in timed]

    def _seconds(self, pace: Pace) -> float:
        """Seconds until all is done: work shared evenly, or the longest chain of units."""
        ends: dict[str, float] = {}
        work = 0.0
        for task, group, places in zip(self.tasks, self._groups, self._places, strict=True):
            place = pace.seconds(group, task.cost)
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


def _median(timings: Sequence[Timing]) -> Timing | None:
    if not timings:
        return None
    return Timing(*(statistics.median(part) for part in zip(*timings, strict=True)))


def seconds(trial: Trial, timing: Timing, cost: UnitCost) -> float:
    """Seconds of a unit of the trial's group, or of one place of its stack.

    The work that it has more than the trial goes on as in the trial's epochs or candidates.
    """
    fixed, per_pass = _line(trial, timing)
    return fixed + per_pass * cost.passes


def _line(trial: Trial, timing: Timing) -> tuple[float, float]:
    """Seconds of one place before any pass, and of a pass."""
    if trial.cost is None:
        return timing.whole / trial.places, 0.0
    per_pass = _seconds_per_pass(trial, timing, trial.cost)
    fixed = timing.whole - per_pass * trial.cost.passes
    return fixed / trial.places, per_pass / trial.places


def seconds_per_mac(trial: Trial, timing: Timing) -> float:
    """Seconds of a multiply-accumulate in the trial's epochs or candidates, on one place."""
    if trial.cost is None:
        raise ValueError("a trial of unknown cost has no pace")
    per_pass = _seconds_per_pass(trial, timing, trial.cost)
    return per_pass / max(trial.cost.network_macs, 1.0) / trial.places


def _seconds_per_pass(trial: Trial, timing: Timing, short: UnitCost) -> float:
    # What rankers look at, after training or without, is inside the time of their candidates.
    in_steps = 0 if trial.group[0] == "rank" else 3 * short.trained + short.head
    trained = in_steps if timing.steps else 0
    passes = trained or short.passes
    return (timing.steps or timing.whole) / passes if passes else 0.0
