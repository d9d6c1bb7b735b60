"""Tables that fit a terminal."""

import shutil
import textwrap
from collections.abc import Sequence

WIDTH = 100
"""Columns of text that tables take at most."""
_GAP = 2
_PADDING = 2
"""Columns that tabulate gives to a header beyond its text."""
_LEAST = 8
_LONGEST_NAME = 40


def narrow_table(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> str:
    """A table of plain text, whose widest columns are wrapped until it fits.

    Args:
        rows: cells as text.
        headers: of the columns.

    Returns:
        At most ``WIDTH`` columns, and no more than a narrower terminal has, as far as no
        column becomes narrower than its header or eight characters. The first one, which names the
        row, keeps 40 until all others are as narrow as they can be.
    """
    from tabulate import tabulate

    widths = _fitting(rows, headers, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
    # Tabulate wraps, too, but takes what looks like a number for one.
    cells = [
        [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows
    ]
    return tabulate(cells, headers=list(headers), tablefmt="simple", disable_numparse=True)


def _wrapped(cell: str, width: int) -> str:
    return textwrap.fill(cell, width, break_on_hyphens=False) if len(cell) > width else cell


def _fitting(rows: Sequence[Sequence[str]], headers: Sequence[str], most: int) -> list[int]:
    """Width of each column; the widest gives way first, but not the one that names the row."""
    cells = zip(*rows, strict=True) if rows else [()] * len(headers)
    widths = [
        max([len(header) + _PADDING, *map(len, column)])
        for header, column in zip(headers, cells, strict=True)
    ]
    least = [max(len(header) + _PADDING, _LEAST) for header in headers]
    for name in (min(widths[0], _LONGEST_NAME), _LEAST):
        widths = _shrunk(widths, [name, *least[1:]], most)
    return widths


def _shrunk(widths: Sequence[int], least: Sequence[int], most: int) -> list[int]:
    shrunk = list(widths)
    while sum(shrunk) + _GAP * (len(shrunk) - 1) > most:
        spare = [place for place, width in enumerate(shrunk) if width > least[place]]
        if not spare:
            break
        shrunk[max(spare, key=shrunk.__getitem__)] -= 1
    return shrunk
