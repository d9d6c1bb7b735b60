"""Short names for axes and legends."""

from collections.abc import Sequence

MAX_NAME = 52


def shortened(text: str, limit: int = MAX_NAME) -> str:
    """The text, or where it is longer than ``limit`` characters, its beginning and end."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[-tail:]}"


def numbered(names: Sequence[str]) -> dict[str, str]:
    """Distinct name → its number in the legend, from 1, and the name, shortened."""
    return {name: f"{number}  {shortened(name)}" for number, name in enumerate(names, start=1)}
