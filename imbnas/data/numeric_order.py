"""Class names in the order of the numbers in them, where text would sort 1, 10, 2."""

import re
from collections.abc import Sequence
from decimal import Decimal

_DIGITS = re.compile(r"(\d+)")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def numeric_order(names: Sequence[str]) -> tuple[int, ...]:
    """Positions of names, ordered by value where all are numbers, which may have signs and points.

    Any others are ordered by their text, with whole numbers in it taken by value.
    """
    if all(map(_NUMBER.fullmatch, names)):
        return tuple(
            sorted(range(len(names)), key=lambda place: (Decimal(names[place]), names[place]))
        )

    def key(position: int) -> tuple[list[str | int], str]:
        parts: list[str | int] = list(_DIGITS.split(names[position]))
        # Text and numbers alternate, so that like is compared with like.
        parts[1::2] = map(int, parts[1::2])
        return parts, names[position]

    return tuple(sorted(range(len(names)), key=key))
