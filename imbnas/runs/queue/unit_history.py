"""All that is known of one unit: state, record, failure, log."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from imbnas.errors import InputError, suggest
from imbnas.runs.queue.queue import Queue
from imbnas.runs.queue.running_units import running_units
from imbnas.runs.store.logs import full_label, unit_log
from imbnas.runs.store.records import DamagedRecordError
from imbnas.runs.store.unit_state import UnitState
from imbnas.units.records import Failure

_MANY = 20
"""Units of which the logs are read."""
_MOST = 500


@dataclass(frozen=True)
class UnitHistory:
    """What is known of a unit.

    Attributes:
        identity: of the unit.
        label: one line.
        state: of the unit.
        seconds: that it took; ``None`` where it is not done.
        since: when it came into that state, in seconds since the epoch, by the date of a file;
            ``None`` where there is none.
        worker: ``HOST PID`` of the worker that does it.
        failure: why it failed.
        log: what workers wrote while they did it; ``None`` where very many units are meant.
    """

    identity: str
    label: str
    state: UnitState
    seconds: float | None
    since: float | None
    worker: str | None
    failure: Failure | None
    log: tuple[str, ...] | None


@dataclass(frozen=True)
class UnitHistories:
    """What is known of the units that a user means.

    Attributes:
        shown: newest first.
        left_out: older ones beyond the most that are shown.
    """

    shown: tuple[UnitHistory, ...]
    left_out: int = 0


def unit_histories(queue: Queue, wanted: str) -> UnitHistories:
    """Read all that is known of the units that a user means.

    Args:
        queue: the units of a run.
        wanted: the beginning of an identity, a label, a part of one, or a pattern with ``*``.

    Raises:
        InputError: no unit is meant.
    """
    directory, states = queue.directory, queue.states()
    failures = directory.failures()
    running = running_units(directory, states.claimed, queue.units)
    workers = {each.identity: f"{each.host} {each.pid}" for each in running}
    matches = _matching(queue, failures, wanted)
    dated = [(_since(queue, identity, states.of(identity)), identity) for identity in matches]
    # What has not begun comes last; among equals identities decide.
    dated.sort(key=lambda each: (-(each[0] or 0.0), each[1]))
    histories = []
    for since, identity in dated[:_MOST]:
        unit, state = queue.units.get(identity), states.of(identity)
        record = None
        if unit and state is UnitState.DONE:
            try:
                record = directory.read_record(unit.kind, identity)
            except DamagedRecordError:
                state = UnitState.DAMAGED
        histories.append(
            UnitHistory(
                identity=identity,
                label=full_label(unit) if unit else failures[identity].label,
                state=state,
                seconds=record.cost.seconds if record else None,
                since=since,
                worker=workers.get(identity),
                failure=failures.get(identity),
                log=tuple(unit_log(directory.path, identity)) if len(matches) <= _MANY else None,
            )
        )
    return UnitHistories(tuple(histories), len(matches) - len(histories))


def _since(queue: Queue, identity: str, state: UnitState) -> float | None:
    directory, unit = queue.directory, queue.units.get(identity)
    if state.has_record and unit:
        path = directory.record_path(unit.kind, identity)
    elif state is UnitState.FAILED:
        path = directory.failure_path(identity)
    else:
        path = directory.claim_path(identity)
    try:
        return path.lstat().st_mtime
    except OSError:
        return None


def _matching(queue: Queue, failures: Mapping[str, Failure], wanted: str) -> list[str]:
    """Identities of the units that a user means."""
    labels = {identity: full_label(unit) for identity, unit in queue.units.items()}
    identities = sorted(labels.keys() | failures.keys())
    matches = [identity for identity in identities if wanted and identity.startswith(wanted)]
    if not matches:
        pattern = wanted if "*" in wanted else f"*{wanted}*"
        matches = [i for i in identities if fnmatchcase(labels.get(i, ""), pattern)]
    if not matches:
        nearest = suggest(wanted, set(labels.values()), 1)
        raise InputError(f"unit {wanted!r}: none in {queue.directory.path}{nearest}")
    return matches
