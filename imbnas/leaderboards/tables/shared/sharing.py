"""Which replicates of two trainings are compared: those that share no more images than others."""

from collections.abc import Sequence
from typing import NamedTuple

from imbnas.leaderboards.results import Results
from imbnas.suites.schema import Training


class Sharing(NamedTuple):
    """What two trainings share.

    Attributes:
        replicates: numbers of the replicates of either side, of which equal ones are not compared;
            ``None`` where all are, since equal ones share no more training images than others:
            none in two datasets or disjoint halves, all where a fidelity fixes the subset.
        images: share of common training images, of the smaller set, mean over the pairs of
            replicates that are compared; ``None`` where there is no such pair, and in suites that
            were resolved before images were counted.
    """

    replicates: tuple[Sequence[int], Sequence[int]] | None
    images: float | None


def sharing(results: Results, x: Training, y: Training) -> Sharing:
    """Look up what two trainings of a part share.

    In suites that were resolved before images were counted, trainings share images unless they
    are of different datasets or of different halves of one.
    """
    apart = (tuple(results.replicates), tuple(results.replicates))
    known = {each.conditions: each for each in results.resolved.common_images}
    if not known:
        return Sharing(apart, None) if _may_share(results, x, y) else Sharing(None, 0.0)
    one, two = sorted((x.condition, y.condition))
    found = known.get((one, two))
    if found is None:
        return Sharing(None, 0.0)
    together = found.different is not None and found.same <= found.different
    return Sharing(None if together else apart, found.different)


def seen_images(results: Results, x: Training, y: Training) -> float | None:
    """Share of training images, of the smaller set, that equal replicates have in common.

    Returns:
        ``None`` in suites that were resolved before images were counted.
    """
    known = {each.conditions: each.same for each in results.resolved.common_images}
    one, two = sorted((x.condition, y.condition))
    return known.get((one, two), 0.0) if known else None


def one_dataset(results: Results, x: Training, y: Training) -> bool:
    """Whether two trainings are tested on the same images."""
    first, second = (results.facts(t).replicates[0].dataset_digest for t in (x, y))
    return first == second


def _may_share(results: Results, x: Training, y: Training) -> bool:
    halves = {results.facts(t).condition.half for t in (x, y)}
    return one_dataset(results, x, y) and halves != {1, 2}
