"""What a condition sets aside for validation, and the training images that it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imbnas.data.dataset import Dataset, SplitName
from imbnas.data.halves import take_half
from imbnas.data.shuffling import shuffled
from imbnas.errors import InputError
from imbnas.units.conditions import Condition
from imbnas.units.randomness import derive_seed

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HoldOut:
    """Training images divided by the protocol.

    Attributes:
        split: the split that the validation images count in.
        validation: (V,) positions of the validation images in it.
        pools: the training images of each label that are left to draw from, ascending.
        sizes: images of each label before anything was set aside.
    """

    split: SplitName
    validation: Indices
    pools: tuple[Indices, ...]
    sizes: tuple[int, ...]


def hold_out(condition: Condition, dataset: Dataset) -> HoldOut:
    """Set validation images aside; they depend on dataset, half, protocol and kind of profile.

    Raises:
        InputError: a class has too few images for its half, or for training and validation.
    """
    pools = _pools(condition, dataset)
    sizes = tuple(map(len, pools))
    if condition.protocol == "paper":
        return HoldOut("test", np.arange(len(dataset.test.labels)), pools, sizes)
    # The dataset's own validation split would be common to both halves.
    published = dataset.validation if condition.half is None else None
    if condition.profile == "natural" and published is not None:
        return HoldOut("validation", np.arange(len(published.labels)), pools, sizes)
    held, left = [], []
    to_hold = _validation_sizes(condition, dataset, sizes)
    for label, (pool, size) in enumerate(zip(pools, to_hold, strict=True)):
        mixed = shuffled(pool, derive_seed("validation", label))
        held.append(mixed[:size])
        left.append(np.sort(mixed[size:]))
    return HoldOut("train", np.concatenate(held), tuple(left), sizes)


def _pools(condition: Condition, dataset: Dataset) -> tuple[Indices, ...]:
    """The training images of each label, or a half of them."""
    by_label = np.argsort(dataset.train.labels, kind="stable").astype(np.int64)
    pools = tuple(np.split(by_label, np.cumsum(dataset.train_counts)[:-1]))
    taken = take_half(pools, condition.half) if condition.half else pools
    for label, (pool, left) in enumerate(zip(pools, taken, strict=True)):
        if not len(left):
            where = f", none of them in half-{condition.half}" if condition.half else ""
            raise InputError(
                f"condition {condition.name}: class {dataset.class_names[label]!r} has {len(pool)} "
                f"training image(s){where}; add images{_without_half(condition)}"
            )
    return taken


def _validation_sizes(condition: Condition, dataset: Dataset, counts: Sequence[int]) -> list[int]:
    fraction = dataset.validation_fraction
    if condition.profile == "natural":
        sizes = [min(max(int(fraction * n), 1), n - 1) for n in counts]
    else:
        sizes = [max(int(fraction * min(counts)), 1)] * len(counts)
    where = f" in half-{condition.half}" if condition.half else ""
    for label, (size, n) in enumerate(zip(sizes, counts, strict=True)):
        if size < 1 or size >= n:
            raise InputError(
                f"condition {condition.name}: class {dataset.class_names[label]!r} has {n} "
                f"training image(s){where}, so that none would be left for training or "
                f"validation; add images or use protocol 'paper'{_without_half(condition)}"
            )
    return sizes


def _without_half(condition: Condition) -> str:
    return f", or leave out half-{condition.half}" if condition.half else ""
