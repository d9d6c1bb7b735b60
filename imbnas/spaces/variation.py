"""Mutation and crossover under a bound on MACs, as evolutionary search needs them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imbnas.errors import InputError
from imbnas.spaces.space import NetworkShape, Space

if TYPE_CHECKING:
    import numpy as np

TRIES = 100


@dataclass(frozen=True)
class MacBound:
    """Bounds on multiply-accumulates.

    Attributes:
        max_macs: largest allowed number, inclusive; ``None`` for no upper bound.
        shape: network in which they are counted.
        min_macs: smallest allowed number, inclusive.
    """

    max_macs: int | None
    shape: NetworkShape
    min_macs: int = 0

    def allows(self, space: Space, architecture: str) -> bool:
        """Whether the architecture is within the bounds."""
        macs = space.counts(architecture, self.shape).macs
        return self.min_macs <= macs and (self.max_macs is None or macs <= self.max_macs)


def random_within(
    space: Space, rng: "np.random.Generator", bound: MacBound | None = None, tries: int = TRIES
) -> str | None:
    """Draw uniformly over the unique live structures within the bound.

    Args:
        space: where from.
        rng: source of randomness.
        bound: bound on MACs; ``None`` for none.
        tries: draws before giving up.

    Returns:
        An architecture, or ``None`` when no draw was within the bound.
    """
    return _accepted(space, lambda: space.random(rng), bound, (), tries)


def mutated(
    space: Space,
    parent: str,
    rng: "np.random.Generator",
    probability: float,
    bound: MacBound | None = None,
    allow_parent: bool = False,
    tries: int = TRIES,
) -> str | None:
    """Mutate until the child is within the bound and is not its parent.

    Children follow the distribution of ``space.mutate`` conditioned on being accepted.

    Args:
        space: where the parent is from.
        parent: an architecture.
        rng: source of randomness.
        probability: of re-drawing a gene, in (0, 1].
        bound: bound on MACs; ``None`` for none.
        allow_parent: whether the child may equal its parent.
        tries: mutations before giving up.

    Returns:
        A child, or ``None`` when no mutation was accepted.

    Raises:
        InputError: the probability is outside (0, 1].
    """
    if not 0 < probability <= 1:
        raise InputError(f"mutation probability {probability} must be in (0, 1]")
    parents = () if allow_parent else (space.parse(parent),)
    return _accepted(space, lambda: space.mutate(parent, rng, probability), bound, parents, tries)


def crossed(
    space: Space,
    first: str,
    second: str,
    rng: "np.random.Generator",
    bound: MacBound | None = None,
    allow_parent: bool = False,
    tries: int = TRIES,
) -> str | None:
    """Cross over two architectures until the child is within the bound and is neither parent.

    The other arguments are those of ``mutated``.

    Returns:
        A child, or ``None`` when no crossover was accepted, as for parents that differ in one gene.
    """
    parents = () if allow_parent else (space.parse(first), space.parse(second))
    return _accepted(space, lambda: space.crossover(first, second, rng), bound, parents, tries)


def _accepted(
    space: Space,
    make: Callable[[], str],
    bound: MacBound | None,
    refused: tuple[str, ...],
    tries: int,
) -> str | None:
    for _ in range(tries):
        child = make()
        if child not in refused and (bound is None or bound.allows(space, child)):
            return child
    return None
