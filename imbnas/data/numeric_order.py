"""Class names in the order of the numbers in them, where text would sort 1, 10, 2."""

import re
from collections.abc import Sequence

_DIGITS = re.compile(r"([0-9]+)")


def numeric_order(names: Sequence[str]) -> tuple[int, ...]:
    """Positions of names, ordered by their text with whole numbers in it taken by value."""

    def key(position: int) -> tuple[list[str | int], str]:
        parts: list[str | int] = list(_DIGITS.split(names[position]))
        # Text and numbers alternate, so that like is compared with like.
        parts[1::2] = map(int, parts[1::2])
        return parts, names[position]

    return tuple(sorted(range(len(names)), key=key))
