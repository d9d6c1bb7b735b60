"""The run directory: everything that is stored of a run, and the states that follow from it."""

from imbnas.runs.store.bound_suite import BoundSuite
from imbnas.runs.store.failures import Failures
from imbnas.runs.store.records import DamagedRecordError
from imbnas.runs.store.unit_state import UnitState, UnitStates
from imbnas.runs.store.weights import Weights
from imbnas.units.unit import Unit


class RunDirectory(Weights, Failures, BoundSuite):
    """A run: its suite, records, weights and failures; see ``RunLayout`` for the files."""

    def state(self, unit: Unit) -> UnitState:
        """The state of one unit, whose record is read if there is one.

        Of the units that it builds on only the direct ones are looked at; ``Queue.states`` knows
        the others.
        """
        try:
            self.read_record(unit.kind, unit.identity)
        except FileNotFoundError:
            pass
        except DamagedRecordError:
            return UnitState.DAMAGED
        else:
            return UnitState.DONE
        if self.failure_path(unit.identity).exists():
            return UnitState.FAILED
        if self.claim_path(unit.identity).exists():
            return UnitState.CLAIMED
        blocked = any(self.failure_path(identity).exists() for identity in unit.requires)
        return UnitState.BLOCKED if blocked else UnitState.MISSING

    def states(self) -> UnitStates:
        """The states of all units at one look, from file names alone."""
        done, failed = self.finished(), self.failed()
        claimed = {path.stem for path in self.claims.glob("*.json")}
        return UnitStates(done, failed - done, claimed - done - failed)
