"""Finds the line of a TOML file that a validation error is about."""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """Return the 1-based line where the value at ``path`` is set.

    The deepest part of the path that can be found counts, so that a key inside an inline table
    gives the line of that table's own line or of the key within it.

    Args:
        text: the whole file.
        path: keys, and positions in arrays, from the root to the value.
    """
    keys = [str(part) for part in path if not isinstance(part, int)]
    lines = text.splitlines()
    for depth in range(len(keys), 0, -1):
        found = _line_of_keys(lines, keys[:depth])
        if found is not None:
            return _deepen(lines, found, keys[depth:])
    return None


def _line_of_keys(lines: list[str], keys: list[str]) -> int | None:
    table: list[str] = []
    for number, line in enumerate(lines, start=1):
        header = _HEADER.match(line)
        if header:
            table = [key.strip().strip("\"'") for key in header[1].split(".")]
            if table == keys:
                return number
            continue
        key, equals, _ = line.partition("=")
        parts = [part.strip().strip("\"'") for part in key.split(".")]
        if equals and table + parts == keys:
            return number
    return None


def _deepen(lines: list[str], start: int, keys: list[str]) -> int:
    """Look for the remaining keys in the lines after ``start``, up to the next table."""
    for key in keys:
        pattern = re.compile(rf"(?:^|[\s,{{\"']){re.escape(key)}[\"']?\s*=")
        for number in range(start, len(lines) + 1):
            if number > start and _HEADER.match(lines[number - 1]):
                break
            if pattern.search(lines[number - 1]):
                start = number
                break
    return start
