"""Suites and fidelities that take over what another one says: ``extends = "mini"``."""

from collections.abc import Mapping
from typing import Any


def extended(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Replace ``extends`` by the content of the table that it names.

    Tables inside are merged key by key; any other value of the extending table stands in place of
    that of the extended one.

    Args:
        tables: name → content as read from TOML; what is no table is left as it is.

    Raises:
        ValueError: a table extends none that there is, or itself in the end.
    """
    return {name: _whole(tables, name, ()) for name in tables}


def _whole(tables: Mapping[str, Any], name: str, through: tuple[str, ...]) -> Any:
    own = tables[name]
    if not isinstance(own, dict) or "extends" not in own:
        return own
    other = own["extends"]
    if not isinstance(other, str) or other not in tables:
        raise ValueError(f"fidelity {name!r} extends {other!r}, which is not there")
    if other in (*through, name):
        raise ValueError(f"fidelity {name!r} extends itself through {other!r}")
    rest = {key: value for key, value in own.items() if key != "extends"}
    return merged(_whole(tables, other, (*through, name)), rest)


def merged(base: Any, changes: Any) -> Any:
    """Tables merged key by key; any other value of ``changes`` stands in place of ``base``."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return base | {key: merged(base.get(key), value) for key, value in changes.items()}
