"""Tells about records that were left out because they are damaged."""

from collections.abc import Iterable

from imbnas.cli.output import note

DAMAGED = 1


def told(damaged: Iterable[str]) -> int:
    """Print one line for each damaged record; return the exit status that follows."""
    status = 0
    for line in damaged:
        note(f"left out: {line}")
        status = DAMAGED
    return status
