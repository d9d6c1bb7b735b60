"""Populations of architectures that a table ranks, each with the rule that made it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from imbnas.errors import InputError
from imbnas.spaces.space import EnumerableSpace, NetworkShape, Space, listed
from imbnas.units.randomness import derive_seed


@dataclass(frozen=True)
class Population:
    """Architectures and where they come from.

    Attributes:
        rule: one line for the head of a table: which architectures these are.
        architectures: distinct strings.
    """

    rule: str
    architectures: tuple[str, ...]


def uniform(space: Space, count: int, seed: int) -> Population:
    """Draw ``count`` architectures of distinct live functions, as ``space.sample`` does.

    Raises:
        InputError: the space has fewer.
    """
    over = "live functional classes" if isinstance(space, EnumerableSpace) else "structures"
    rule = f"{count} distinct functions, uniform over {over}, seed {seed}"
    return Population(rule, space.sample(count, seed))


def stratified_by_macs(
    space: Space,
    count: int,
    seed: int,
    shape: NetworkShape,
    candidates: Sequence[str] | None = None,
) -> Population:
    """Draw one of each of ``count`` equally large slices of the candidates ordered by MACs.

    Every candidate is drawn with nearly the same probability, and the draw has nearly the
    candidates' distribution of MACs. Candidates of equal MACs are in random order.

    Args:
        space: where the candidates are from.
        count: number of slices.
        seed: of the draw.
        shape: network in which MACs are counted.
        candidates: distinct architectures; by default one of each live functional class.

    Raises:
        InputError: there are fewer candidates, or the space cannot be listed and none are given.
    """
    if candidates is None:
        candidates = listed(space, "candidates, such as a uniform sample").representatives()
    if not 1 <= count <= len(candidates):
        raise InputError(f"cannot draw {count} of {len(candidates)}; ask for 1 to that many")
    rank = {
        candidate: derive_seed("stratified", space.name, seed, candidate)
        for candidate in candidates
    }
    ordered = sorted(candidates, key=lambda c: (space.counts(c, shape).macs, rank[c]))
    bounds = [len(ordered) * index // count for index in range(count + 1)]
    drawn = tuple(
        min(ordered[start:end], key=lambda c: derive_seed("slice", rank[c]))
        for start, end in itertools.pairwise(bounds)
    )
    rule = f"{count} of {len(ordered)} stratified by MACs, seed {seed}"
    return Population(rule, drawn)


def all_live(space: Space) -> Population:
    """One architecture of each live functional class, that of fewest MACs.

    In the topology space these are 4,929.

    Raises:
        InputError: the space cannot be listed.
    """
    found = listed(space, "rule 'uniform' and a size").representatives()
    return Population(f"all {len(found)} live functional classes", found)


def iso_macs(space: Space, macs: int, shape: NetworkShape) -> Population:
    """All architectures of exactly ``macs`` multiply-accumulates, twins and dead ones included.

    In the topology space at its published shape, 149,340,810 gives the 135 cells of IMB-NAS's
    figure 1, which fall into 93 functional classes.

    Args:
        space: a space that can be listed.
        macs: multiply-accumulates.
        shape: network in which they are counted.

    Raises:
        InputError: no architecture has that many, or the space cannot be listed.
    """
    every = listed(space, "candidates, such as a uniform sample").architectures()
    costs = {architecture: space.counts(architecture, shape).macs for architecture in every}
    found = tuple(architecture for architecture in every if costs[architecture] == macs)
    if not found:
        nearest = min(costs.values(), key=lambda cost: (abs(cost - macs), cost))
        raise InputError(f"{space.name}: no architecture has {macs} MACs; nearest is {nearest}")
    rule = f"all {len(found)} of {macs} MACs, functional twins included"
    return Population(rule, found)


def as_listed(space: Space, architectures: Sequence[str]) -> Population:
    """The architectures that somebody chose, in their order.

    Args:
        space: that has them.
        architectures: in any spelling that the space reads.

    Raises:
        InputError: the space does not have one, or two are one and the same.
    """
    found: dict[str, int] = {}
    for position, text in enumerate(architectures):
        architecture = space.parse(text)
        if architecture in found:
            raise InputError(
                f"architectures {found[architecture] + 1} and {position + 1} are both "
                f"{architecture}; leave one out"
            )
        found[architecture] = position
    return Population(f"{len(found)} listed architectures", tuple(found))
