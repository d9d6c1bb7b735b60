"""All that is known of one unit: state, record, failure, what its workers wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from imbnas.errors import InputError, suggest
from imbnas.runs.queue.claimed_units import running_units
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.logs import full_label, unit_log
from imbnas.units.records import Failure
from imbnas.units.unit import Unit

State = Literal["done", "failed", "running", "waiting"]
_MANY = 20


@dataclass(frozen=True)
class UnitHistory:
    """What is known of a unit.

    Attributes:
        identity: of the unit.
        label: one line.
        state: ``waiting`` for one that nobody has begun.
        seconds: that it took; ``None`` where it is not done.
        worker: ``HOST PID`` of who is at it.
        failure: why it failed.
        log: what workers wrote while they did it.
    """

    identity: str
    label: str
    state: State
    seconds: float | None
    worker: str | None
    failure: Failure | None
    log: tuple[str, ...]


def find_units(directory: RunDirectory, units: Mapping[str, Unit], wanted: str) -> tuple[str, ...]:
    """Identities of the units that a user means.

    Args:
        directory: the run.
        units: of its plan, by identity.
        wanted: the beginning of an identity, a label, a part of one, or a pattern with ``*``.

    Raises:
        InputError: no unit is meant, or too many.
    """
    labels = {identity: full_label(u) for identity, u in units.items()}
    identities = sorted(labels.keys() | directory.failed())
    matches = [identity for identity in identities if identity.startswith(wanted)]
    if not matches:
        pattern = wanted if "*" in wanted else f"*{wanted}*"
        matches = [i for i in identities if fnmatchcase(labels.get(i, ""), pattern)]
    if not matches:
        raise InputError(
            f"unit {wanted!r}: none in {directory.path}{suggest(wanted, set(labels.values()), 1)}"
        )
    if len(matches) > _MANY:
        raise InputError(
            f"unit {wanted!r}: fits {len(matches)} units; give more of the label, or the "
            f"beginning of an identity, such as {matches[0][:12]}"
        )
    return tuple(matches)


def unit_history(directory: RunDirectory, units: Mapping[str, Unit], identity: str) -> UnitHistory:
    """Read all that is known of a unit.

    Raises:
        DamagedFileError: its record or failure is damaged.
    """
    unit = units.get(identity)
    failure = directory.failures().get(identity)
    done = unit is not None and directory.has_record(unit)
    worker = next(
        (
            f"{one.host} {one.pid}"
            for one in running_units(directory, {})
            if one.identity == identity
        ),
        None,
    )
    state: State = "waiting"
    if done:
        state = "done"
    elif worker is not None:
        state = "running"
    elif failure is not None:
        state = "failed"
    return UnitHistory(
        identity=identity,
        label=_label(unit, failure),
        state=state,
        seconds=directory.read_record(unit.kind, identity).cost.seconds if unit and done else None,
        worker=worker,
        failure=failure,
        log=tuple(unit_log(directory.path, identity)),
    )


def _label(unit: Unit | None, failure: Failure | None) -> str:
    if unit is not None:
        return full_label(unit)
    return failure.label if failure else "unknown"
