"""Makes the failure that a unit leaves."""

from datetime import UTC, datetime

from imbnas.units.records import Failure
from imbnas.units.unit import Unit


def failure_of(
    identity: str, unit: Unit | None, error: str, message: str, traceback: str = ""
) -> Failure:
    """Say why a unit could not be finished.

    Args:
        identity: of the unit.
        unit: the unit itself, where it is known.
        error: name of the kind of error.
        message: one line.
        traceback: where it came from.
    """
    return Failure(
        identity=identity,
        label=f"{unit.label} (replicate {unit.replicate})" if unit else identity[:12],
        error=error,
        message=message,
        traceback=traceback,
        utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )
