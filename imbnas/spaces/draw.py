"""Draws from a population that depend on words and numbers alone, not on a library's stream."""

from collections.abc import Sequence

from imbnas.errors import InputError
from imbnas.units.randomness import derive_seed


def draw(population: Sequence[str], count: int, *purpose: str | int) -> tuple[str, ...]:
    """Draw distinct members uniformly without replacement.

    Members are ordered by the hash of purpose and member, so a draw is the same on every machine,
    and a smaller draw of the same purpose is the beginning of a larger one.

    Args:
        population: distinct strings; their order does not matter.
        count: how many to draw, at least 1.
        purpose: what the draw is for, such as ``("sample", space, seed)``.

    Raises:
        InputError: the population has fewer members.
    """
    if not 1 <= count <= len(population):
        raise InputError(f"cannot draw {count} of {len(population)}; ask for 1 to that many")
    return tuple(sorted(population, key=lambda member: derive_seed(*purpose, member))[:count])
