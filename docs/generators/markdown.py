"""Text of others in the place of Markdown."""

import re
from collections.abc import Iterable

_SPECIAL = re.compile(r"([\\*_{}\[\]<>|$#~])")


def plain(text: str) -> str:
    """Text that shows as it is but for code between backticks, on one line, as in a table."""
    parts = " ".join(text.split()).split("`")
    return "".join(
        code(part) if odd % 2 else _SPECIAL.sub(r"\\\1", part) for odd, part in enumerate(parts)
    )


def code(text: str) -> str:
    """Text as code, which may stand in a table."""
    return f"`{text}`".replace("|", "\\|")


def docstring_text(text: str, cell: bool = False) -> str:
    """Text of a docstring, whose code stands between double backticks.

    Args:
        text: its paragraphs and lists.
        cell: whether it stands in a table.
    """
    parts = text.split("``")
    told = "".join(
        f"`{part}`" if odd % 2 else re.sub(r"([\\<\[$])", r"\\\1", part)
        for odd, part in enumerate(parts)
    )
    return told.replace("|", "\\|") if cell else told


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
