"""Names of state within state: ``OWNER/NAME``."""

from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")


def named_below(owner: object, state: Mapping[str, Value]) -> dict[str, Value]:
    """Put an owner's name before every name of its state."""
    return {f"{owner}/{name}": value for name, value in state.items()}


def below(owner: object, states: Mapping[str, Value]) -> dict[str, Value]:
    """The state that ``named_below`` named for an owner, among that of others."""
    prefix = f"{owner}/"
    return {
        name.removeprefix(prefix): value
        for name, value in states.items()
        if name.startswith(prefix)
    }
