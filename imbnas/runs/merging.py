"""Puts runs of one suite together that were done in different places."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from imbnas.runs.queue.queue import Queue
from imbnas.runs.reuse import Reuse, Taken
from imbnas.runs.store.bound_suite import refuse_unless_extended
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedRecordError
from imbnas.suites.expand import Expansion
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.unit import Unit


@dataclass(frozen=True)
class Merged:
    """What came of a merger.

    Attributes:
        suite: that is now in force.
        taken: what was taken over.
        conflicts: labels of units that two runs have computed with different results.
    """

    suite: ResolvedSuite
    taken: Taken
    conflicts: list[str] = field(default_factory=list)


def merge(sources: Sequence[RunDirectory], directory: RunDirectory) -> Merged:
    """Take over the units of several runs of one suite.

    They may differ in their number of replicates and in claims; the first one with most replicates
    decides. Of two results of one unit that differ, the one that is there first stays in force, and
    the other one is kept beside it, see ``Conflicts``. Failures are left where they are.

    Args:
        sources: runs, boards or archives, in the order in which they are looked at.
        directory: where the units go; it may hold such a run already.

    Raises:
        RefusedDirectoryError: they are of different suites; nothing is changed.
        InputError: a suite cannot be read.
    """
    suites = [source.read_suite() for source in sources]
    largest = max(suites, key=lambda suite: suite.replicates)
    for source, suite in zip(sources, suites, strict=True):
        refuse_unless_extended(source.path, suite, largest)
    suite = directory.store_suite(largest)
    plan = Expansion(suite).plan()
    merged = Merged(suite, Reuse(directory, sources).take(plan))
    queue = Queue(plan, directory)
    queue.states()  # finds the trainings of networks that searches have named
    for source in sources:
        known = source.finished() & queue.units.keys()
        for unit in queue.units.values():
            if unit.identity in known and _differs(unit, source, directory):
                merged.conflicts.append(unit.label)
    return merged


def _differs(unit: Unit, source: RunDirectory, directory: RunDirectory) -> bool:
    """Whether a unit has another result there; it is then kept here, too."""
    try:
        there = source.read_record(unit.kind, unit.identity)
        here = directory.read_record(unit.kind, unit.identity)
    except (DamagedRecordError, FileNotFoundError):
        return False  # what could not be taken over has been told
    if there.metrics == here.metrics:
        return False
    directory.keep_conflict(there)
    return True
