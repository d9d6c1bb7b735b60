"""Tables that fit a terminal."""

import shutil
from collections.abc import Sequence

WIDTH = 100
"""Columns of text that tables take at most."""
_GAP = 2
_PADDING = 2
"""Columns that tabulate gives to a header beyond its text."""
_LEAST = 8


def narrow_table(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> str:
    """A table of plain text, whose widest columns are wrapped until it fits.

    Args:
        rows: cells as text.
        headers: of the columns.

    Returns:
        At most ``WIDTH`` columns, and no more than a narrower terminal has, as far as the first
        column stays whole and no other becomes narrower than its header or eight characters.
    """
    from tabulate import tabulate

    widths = _fitting(rows, headers, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
    return tabulate(
        rows,
        headers=list(headers),
        tablefmt="simple",
        disable_numparse=True,
        maxcolwidths=widths,
    )


def _fitting(rows: Sequence[Sequence[str]], headers: Sequence[str], most: int) -> list[int]:
    """Width of each column; the widest gives way first, but not the one that names the row."""
    cells = zip(*rows, strict=True) if rows else [()] * len(headers)
    widths = [
        max([len(header) + _PADDING, *(len(line) for cell in column for line in cell.splitlines())])
        for header, column in zip(headers, cells, strict=True)
    ]
    least = [widths[0], *(max(len(header) + _PADDING, _LEAST) for header in headers[1:])]
    while sum(widths) + _GAP * (len(widths) - 1) > most:
        room = [width - smallest for width, smallest in zip(widths, least, strict=True)]
        widest = max(
            (place for place, spare in enumerate(room) if spare > 0),
            key=lambda place: widths[place],
            default=None,
        )
        if widest is None:
            break
        widths[widest] -= 1
    return widths
