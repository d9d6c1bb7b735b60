"""Resolving a condition to the exact images it trains, validates and tests on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imbnas.data.dataset import Dataset, SplitName
from imbnas.data.groups import group_by_count, group_by_rank
from imbnas.data.manifests import Manifest, Selection, check_manifest
from imbnas.data.registry import PROFILES
from imbnas.data.shuffling import shuffled
from imbnas.errors import InputError
from imbnas.units.conditions import Condition, format_ratio
from imbnas.units.randomness import derive_seed

Indices = NDArray[np.int64]


def resolve(condition: Condition, dataset: Dataset, pins: Iterable[Manifest] = ()) -> Manifest:
    """Resolve a condition on its dataset.

    The validation split depends on the dataset alone. Each class's remaining images are shuffled
    with a seed of (subset seed, label), and the first n are kept, so subsets of one seed are
    nested across ratios, profiles and orders.

    Args:
        condition: a subset of ``None`` counts as 0.
        dataset: the dataset that the condition names.
        pins: manifests exported before; one of the same condition and protocol is taken as it is.

    Raises:
        InputError: the ratio is above what the classes can show, a class would be empty, or a pin
            was made from other data.
    """
    condition = condition.for_replicate(0)
    for pin in pins:
        if (pin.condition, pin.protocol) == (condition.name, condition.protocol):
            check_manifest(pin, dataset)
            return pin
    if condition.profile == "natural" and condition.order != "identity":
        raise InputError(
            f"condition {condition.name}: a natural condition keeps the counts of its classes; "
            "leave out the order"
        )
    hold_out = _hold_out(condition, dataset)
    order = class_order(condition, dataset.num_classes)
    counts, reference, notes = _class_counts(condition, dataset, hold_out, order)
    train = _draw(hold_out.pools, counts, condition.subset or 0)
    return Manifest.seal(
        condition=condition.name,
        protocol=condition.protocol,
        dataset=dataset.name,
        dataset_digest=dataset.digest,
        class_counts=counts,
        total=sum(counts),
        train=_select("train", train),
        validation=_select(hold_out.split, hold_out.validation),
        test=_select("test", np.arange(len(dataset.test.labels))),
        groups=group_by_count(reference),
        tertiles=group_by_rank(reference, order),
        notes=notes,
    )


def class_order(condition: Condition, num_classes: int) -> tuple[int, ...]:
    """Labels from head to tail."""
    labels = np.arange(num_classes, dtype=np.int64)
    if condition.order == "reversed":
        labels = labels[::-1]
    elif condition.order != "identity":
        labels = shuffled(labels, derive_seed("class-order", condition.order))
    return tuple(labels.tolist())


@dataclass(frozen=True, eq=False)
class _HoldOut:
    """What the protocol sets aside, and the training images of each label that it leaves."""

    split: SplitName
    validation: Indices
    pools: tuple[Indices, ...]


def _hold_out(condition: Condition, dataset: Dataset) -> _HoldOut:
    labels = dataset.train.labels
    by_label = np.argsort(labels, kind="stable").astype(np.int64)
    pools = np.split(by_label, np.cumsum(dataset.train_counts)[:-1])
    if condition.protocol == "paper":
        return _HoldOut("test", np.arange(len(dataset.test.labels)), tuple(pools))
    if condition.profile == "natural" and dataset.validation is not None:
        return _HoldOut("validation", np.arange(len(dataset.validation.labels)), tuple(pools))
    sizes = _validation_sizes(condition, dataset)
    held, left = [], []
    for label, (pool, size) in enumerate(zip(pools, sizes, strict=True)):
        mixed = shuffled(pool, derive_seed("validation", label))
        held.append(mixed[:size])
        left.append(np.sort(mixed[size:]))
    return _HoldOut("train", np.concatenate(held), tuple(left))


def _validation_sizes(condition: Condition, dataset: Dataset) -> list[int]:
    counts, fraction = dataset.train_counts, dataset.validation_fraction
    if condition.profile == "natural":
        sizes = [min(max(int(fraction * n), 1), n - 1) for n in counts]
    else:
        sizes = [max(int(fraction * min(counts)), 1)] * len(counts)
    for label, (size, n) in enumerate(zip(sizes, counts, strict=True)):
        if size < 1 or size >= n:
            raise InputError(
                f"condition {condition.name}: class {dataset.class_names[label]!r} has {n} "
                "training image(s), so that none would be left for training or validation; "
                "add images or use protocol 'paper'"
            )
    return sizes


def _class_counts(
    condition: Condition, dataset: Dataset, hold_out: _HoldOut, order: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[str, ...]]:
    """Counts by label, the counts that decide the groups, and notes."""
    available = [len(hold_out.pools[label]) for label in order]
    ratio = condition.like_ratio or condition.ratio or 1.0
    _check_ratio(condition, ratio, min(dataset.train_counts))
    by_rank = PROFILES.get(condition.profile)(available, ratio)
    lifted = int((by_rank < 1).sum())
    note = f"kept one image in {lifted} class(es) where the profile gives none"
    notes = (note,) if lifted else ()
    reference = [0] * len(order)
    for label, count in zip(order, np.maximum(by_rank, 1).tolist(), strict=True):
        reference[label] = count
    if condition.like_ratio is None:
        return tuple(reference), tuple(reference), notes
    share, remainder = divmod(sum(reference), len(reference))
    balanced = tuple(share + (label < remainder) for label in range(len(reference)))
    return balanced, tuple(reference), notes


def _check_ratio(condition: Condition, ratio: float, class_size: int) -> None:
    # Published tables go to 1000x with 500 images per class: half an image is rounded up to one.
    if ratio > 2 * class_size:
        raise InputError(
            f"condition {condition.name}: ratio {format_ratio(ratio)} is above what classes of "
            f"{class_size} images can show; use at most {format_ratio(2 * class_size)}"
        )


def _draw(pools: Sequence[Indices], counts: Sequence[int], subset: int) -> Indices:
    kept = [
        shuffled(pool, derive_seed("subset", subset, label))[:count]
        for label, (pool, count) in enumerate(zip(pools, counts, strict=True))
    ]
    return np.concatenate(kept)


def _select(split: SplitName, indices: Indices) -> Selection:
    return Selection(split=split, indices=tuple(np.sort(indices).tolist()))
