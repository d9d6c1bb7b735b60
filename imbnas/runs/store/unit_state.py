"""The state of a unit in a run: the one place that says what the files of a run mean."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from imbnas.units.unit import Unit


class UnitState(StrEnum):
    """How far a unit is.

    A unit with a record is done or damaged, whatever else there is of it; one with a failure has
    failed, even if the worker that died could not release its claim.

    Attributes:
        MISSING: nothing is there of it.
        CLAIMED: a worker does it, or was killed while it did.
        DONE: it has a record.
        FAILED: it has a failure.
        BLOCKED: a unit that it builds on, directly or not, has failed.
        DAMAGED: it has a record that cannot be read.
    """

    MISSING = "missing"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"
    DAMAGED = "damaged"

    @property
    def has_record(self) -> bool:
        """Whether nothing that is computed for the unit could be stored."""
        return self in (UnitState.DONE, UnitState.DAMAGED)

    @property
    def has_ended(self) -> bool:
        """Whether a worker leaves the unit alone."""
        return self.has_record or self is UnitState.FAILED


@dataclass(frozen=True)
class UnitStates:
    """All units of a run at one look, by identity, from file names alone.

    A damaged record counts as done here: only reading it shows the damage.

    Attributes:
        done: units with a record.
        failed: units with a failure and no record.
        claimed: units with a claim and neither of both.
        blocked: units that wait for a failed one; empty before ``with_blocked``.
    """

    done: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)

    def has_ended(self, identity: str) -> bool:
        """Whether a unit is done or failed."""
        return identity in self.done or identity in self.failed

    @property
    def ended(self) -> set[str]:
        """Units that are done or failed."""
        return self.done | self.failed

    def with_blocked(self, units: Iterable[Unit]) -> "UnitStates":
        """The same with the blocked ones of ``units``, each of which follows what it builds on."""
        stuck = set(self.failed)
        for unit in units if stuck else ():
            if unit.identity not in self.done and not stuck.isdisjoint(unit.requires):
                stuck.add(unit.identity)
        return replace(self, blocked=stuck - self.failed)

    def of(self, identity: str) -> UnitState:
        """The state of one unit."""
        for state in (UnitState.DONE, UnitState.FAILED, UnitState.CLAIMED, UnitState.BLOCKED):
            if identity in getattr(self, state):
                return state
        return UnitState.MISSING
