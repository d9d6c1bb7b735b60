"""Names in nested state: ``OWNER/NAME``."""

from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")


def named_below(owner: object, state: Mapping[str, Value]) -> dict[str, Value]:
    """Prefix every name of a state with its owner's."""
    return {f"{owner}/{name}": value for name, value in state.items()}


def below(owner: object, states: Mapping[str, Value]) -> dict[str, Value]:
    """The inverse of ``named_below``: an owner's state out of that of all owners."""
    prefix = f"{owner}/"
    return {
        name.removeprefix(prefix): value
        for name, value in states.items()
        if name.startswith(prefix)
    }
