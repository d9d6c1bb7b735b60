"""Resolving a condition to the exact images it trains, validates and tests on."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from imbnas.data.class_counts import class_counts, class_order
from imbnas.data.dataset import Dataset, SplitName
from imbnas.data.groups import group_by_count, group_by_rank
from imbnas.data.hold_out import hold_out
from imbnas.data.manifests import Manifest, Selection, check_manifest
from imbnas.data.shuffling import shuffled
from imbnas.errors import InputError
from imbnas.units.conditions import Condition
from imbnas.units.randomness import derive_seed

Indices = NDArray[np.int64]


def resolve(condition: Condition, dataset: Dataset, pins: Iterable[Manifest] = ()) -> Manifest:
    """Resolve a condition on its dataset.

    A half takes the place of the training split before anything else. The validation split
    depends on the dataset and the half alone. Each class's remaining images are shuffled with a
    seed of (subset seed, label), and the first n are kept, so subsets of one seed are nested
    across ratios, profiles, sizes and orders.

    Args:
        condition: a subset of ``None`` counts as 0.
        dataset: the dataset that the condition names.
        pins: manifests exported before; one of the same condition and protocol is taken as it is.

    Raises:
        InputError: the ratio or the size is above what the classes can show, a class would be
            empty, or a pin was made from other data.
    """
    condition = condition.for_replicate(0)
    for pin in pins:
        if (pin.condition, pin.protocol) == (condition.name, condition.protocol):
            check_manifest(pin, dataset)
            return pin
    if condition.natural_tail and condition.order != "identity":
        raise InputError(
            f"condition {condition.name}: a natural condition keeps the counts of its classes; "
            "leave out the order"
        )
    held = hold_out(condition, dataset)
    order = class_order(condition, dataset.class_names)
    counts = class_counts(condition, dataset, held)
    train = _draw(held.pools, counts.train, condition.subset or 0)
    return Manifest.seal(
        condition=condition.name,
        protocol=condition.protocol,
        dataset=dataset.name,
        dataset_digest=dataset.digest,
        class_counts=counts.train,
        total=sum(counts.train),
        train=_select("train", train),
        validation=_select(held.split, held.validation),
        test=_select("test", np.arange(len(dataset.test.labels))),
        groups=group_by_count(counts.tail),
        tertiles=group_by_rank(counts.tail, order),
        notes=counts.notes,
    )


def _draw(pools: Sequence[Indices], counts: Sequence[int], subset: int) -> Indices:
    kept = [
        shuffled(pool, derive_seed("subset", subset, label))[:count]
        for label, (pool, count) in enumerate(zip(pools, counts, strict=True))
    ]
    return np.concatenate(kept)


def _select(split: SplitName, indices: Indices) -> Selection:
    return Selection(split=split, indices=tuple(np.sort(indices).tolist()))
