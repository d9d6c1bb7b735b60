"""What comparisons of rankings must know of images, counted while the data is at hand."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from imbnas.data import Dataset, Manifest
from imbnas.data.overlap import TrainingImages, training_shares
from imbnas.suites.resolved import CommonImages
from imbnas.suites.schema import BaselinesPart, SuiteFile, TransferPart
from imbnas.units.conditions import parse_condition
from imbnas.units.image_labels import pack


def compared_images(
    suite: SuiteFile, manifests: Callable[[str], Iterable[Manifest]]
) -> tuple[CommonImages, ...]:
    """Count the training images that conditions share which a part brings together.

    Args:
        suite: whose transfer and baselines parts compare conditions, and whose adaptation parts
            lead from one to another.
        manifests: condition → its manifest for each replicate.

    Returns:
        A pair for every two conditions of one part that share any; each condition is paired with
        itself, too.
    """
    images: dict[str, list[TrainingImages]] = {}
    routes = [sorted({route.source.condition, route.target.condition}) for _, route in suite.routes]
    compared = (*_compared(suite), *routes)
    pairs = {pair for names in compared for pair in combinations_with_replacement(names, 2)}
    found = []
    for pair in sorted(pairs):
        for name in pair:
            if name not in images:
                images[name] = list(map(TrainingImages.of, manifests(name)))
        shares = training_shares(*(images[name] for name in pair))
        if shares.any():
            found.append(_described(pair, shares))
    return tuple(found)


def packed_test_labels(suite: SuiteFile, datasets: Mapping[str, Dataset]) -> dict[str, str]:
    """Classes of the test images of datasets that a part compares, by the dataset's digest.

    Args:
        suite: whose transfer and baselines parts compare conditions.
        datasets: by name.

    Returns:
        Nothing for suites whose parts stay with one dataset each.
    """
    compared = [
        {datasets[parse_condition(name).dataset].digest for name in names}
        for names in _compared(suite)
    ]
    wanted = {digest for digests in compared if len(digests) > 1 for digest in digests}
    return {
        each.digest: pack(each.test.labels)
        for _, each in sorted(datasets.items())
        if each.digest in wanted
    }


def _compared(suite: SuiteFile) -> Iterator[list[str]]:
    """The conditions of each part that compares rankings, sorted."""
    for part in suite.parts.values():
        if isinstance(part, TransferPart | BaselinesPart):
            yield sorted({training.condition for training in part.trainings})


def _described(pair: tuple[str, str], shares: NDArray[np.float64]) -> CommonImages:
    apart = ~np.eye(len(shares), dtype=bool)
    return CommonImages(
        conditions=pair,
        same=float(np.diag(shares).mean()),
        different=float(shares[apart].mean()) if apart.any() else None,
    )
