"""Rankings of the same networks by two trainings, compared; verdicts corrected by question."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

import numpy as np

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared.image_noise import image_noise
from imbnas.leaderboards.tables.shared.networks import Networks
from imbnas.leaderboards.tables.shared.sharing import Sharing, one_dataset, sharing
from imbnas.stats import MIN_MODELS, RankTransfer, holm_verdicts, rank_transfer, resamples_for
from imbnas.suites.schema import Training
from imbnas.units.conditions import parse_condition

Noise = tuple[float | None, float | None]


@dataclass(frozen=True)
class Comparison:
    """Two trainings of the same networks.

    Attributes:
        x: one training.
        y: the other.
        family: the question that the pair belongs to, see ``family``.
        sharing: what images they share.
        noise: standard deviations of accuracies in [0, 1] over test splits, for x and for y;
            ``None`` for both where they are tested on the same images.
        transfer: how well the rankings agree.
    """

    x: Training
    y: Training
    family: str
    sharing: Sharing
    noise: Noise | None
    transfer: RankTransfer


def compare(results: Results, networks: Networks) -> list[Comparison]:
    """Compare every two trainings; Holm's correction takes those of one question together."""
    found = compare_pairs(results, networks, list(combinations(networks.accuracy, 2)))
    corrected: dict[int, RankTransfer] = {}
    for name in {each.family for each in found}:
        places = [place for place, each in enumerate(found) if each.family == name]
        rows = [found[place].transfer for place in places]
        awaited = sum(_awaited(networks, found[place]) for place in places)
        verdicts = holm_verdicts(rows, awaited=awaited)
        corrected.update(zip(places, verdicts, strict=True))
    return [replace(each, transfer=corrected[place]) for place, each in enumerate(found)]


def _awaited(networks: Networks, pair: Comparison) -> bool:
    """Whether a pair has no test since trainings are missing."""
    missing = any(np.isnan(networks.accuracy[t]).any() for t in (pair.x, pair.y))
    return missing and pair.transfer.p_value is None


def compare_pairs(
    results: Results,
    networks: Networks,
    pairs: Sequence[tuple[Training, Training]],
    level: float = 0.95,
) -> list[Comparison]:
    """Compare pairs of trainings; nothing is corrected for their number.

    Args:
        results: holds the suite.
        networks: what the trainings are of.
        pairs: in the order of the trainings.
        level: of the intervals that verdicts follow from, in (0, 1).
    """
    noises = _noises(results, networks, pairs)
    # As many for any pairs, so that each has the same numbers wherever it is looked at.
    resamples = resamples_for(len(networks), comb(len(networks.accuracy), 2))
    return [_compared(results, networks, x, y, noises, resamples, level) for x, y in pairs]


def family(reference: Training | None, x: Training, y: Training) -> str:
    """The question that a pair of trainings of a part belongs to.

    Returns:
        ``across datasets`` for two datasets at the size that they come in: figure 1 of IMB-NAS has
        nine such pairs. ``reference`` for the part's reference against another training of its
        dataset. ``other`` for the rest: pairs of targets, and size controls (``like-…``,
        ``size-N``) against another dataset.
    """
    first, second = (parse_condition(training.condition) for training in (x, y))
    if first.dataset != second.dataset:
        levelled = any(c.like_ratio or c.like_natural or c.size for c in (first, second))
        return "other" if levelled else "across datasets"
    return "reference" if reference in (x, y) else "other"


def _compared(
    results: Results,
    networks: Networks,
    x: Training,
    y: Training,
    noises: dict[Training, float | None],
    resamples: int,
    level: float,
) -> Comparison:
    shared = sharing(results, x, y)
    noise = None if one_dataset(results, x, y) else (noises[x], noises[y])
    return Comparison(
        x=x,
        y=y,
        family=family(networks.reference, x, y),
        sharing=shared,
        noise=noise,
        transfer=rank_transfer(
            networks.accuracy[x],
            networks.accuracy[y],
            classes=networks.classes,
            resamples=resamples,
            level=level,
            replicates=shared.replicates,
            image_variance=variances(noise),
            at_least=MIN_MODELS,
        ),
    )


def variances(noise: Noise | None) -> tuple[float, float] | None:
    """What ``rank_transfer`` takes; what is not known of one side is left out of both."""
    if noise is None or noise[0] is None or noise[1] is None:
        return None
    return noise[0] ** 2, noise[1] ** 2


def _noises(
    results: Results, networks: Networks, pairs: Sequence[tuple[Training, Training]]
) -> dict[Training, float | None]:
    """Noise of the test images of each training that is compared with one of other images."""
    return {t: image_noise(results, t, networks.metrics[t]) for t in _apart(results, pairs)}


def _apart(results: Results, pairs: Sequence[tuple[Training, Training]]) -> Iterator[Training]:
    apart = [pair for pair in pairs if not one_dataset(results, *pair)]
    yield from dict.fromkeys(training for pair in apart for training in pair)
