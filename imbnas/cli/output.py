"""Printing: results on standard output, everything else on standard error."""

import json
import math
from collections.abc import Iterable
from typing import Any

import click


def print_json(value: Any) -> None:
    """Print one JSON object; NaN and infinities become null."""
    click.echo(json.dumps(_finite(value), ensure_ascii=False, allow_nan=False))


def print_fields(fields: dict[str, Any]) -> None:
    """Print one ``name: value`` line per field; of sentences one on each line."""
    width = max(map(len, fields))
    for name, value in fields.items():
        listed = isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
        lines = value if listed and any(" " in each for each in value) else [_plain(value)]
        for place, line in enumerate(lines):
            click.echo(f"{'' if place else name:<{width}}  {line}")


def note(message: str) -> None:
    """Print a line on standard error."""
    click.echo(message, err=True)


def note_damage(damaged: Iterable[str]) -> int:
    """Print one line for each damaged record; return the exit status that follows."""
    status = 0
    for line in damaged:
        note(f"left out: {line}")
        status = 1
    return status


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
