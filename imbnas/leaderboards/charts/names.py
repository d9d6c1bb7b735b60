"""Names in rows: lines that fit a phone."""

import textwrap

from imbnas.leaderboards.chart_data.names import shortened

LINE = 48
"""Letters of a line."""
BESIDE_NOTE = 38
"""Letters of a name that has a note beside it."""
_LINES = 3


def broken(text: str, limit: int = LINE, at_most: int | None = _LINES) -> tuple[str, ...]:
    """Lines of a name; a cell's string breaks before each further node.

    Args:
        text: the name.
        limit: letters of a line.
        at_most: this many lines; what is longer loses its middle. ``None`` for any number.
    """
    nodes = text.replace("|+|", "|\n+|").split("\n")
    lines = [line for node in nodes for line in textwrap.wrap(node, limit) or [""]]
    if at_most is None or len(lines) <= at_most:
        return tuple(lines)
    return tuple(textwrap.wrap(shortened(text, at_most * limit - at_most), limit)[:at_most])
