"""The run directory: everything that is stored of a run, and the states that follow from it."""

from os.path import lexists

from imbnas.runs.store.bound_suite import BoundSuite
from imbnas.runs.store.failures import Failures
from imbnas.runs.store.layout import identities_in
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
        if lexists(self.failure_path(unit.identity)):
            return UnitState.FAILED
        if lexists(self.claim_path(unit.identity)):
            return UnitState.CLAIMED
        blocked = any(lexists(self.failure_path(identity)) for identity in unit.requires)
        return UnitState.BLOCKED if blocked else UnitState.MISSING

    def states(self) -> UnitStates:
        """The states of all units at one look, from file names alone."""
        done, failed = self.finished(), self.failed()
        claimed = identities_in(self.claims)
        return UnitStates(done, failed - done, claimed - done - failed)
