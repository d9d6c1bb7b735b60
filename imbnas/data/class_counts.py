"""How many training images each class of a condition keeps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imbnas.data.apportioning import keep_proportions, level_out
from imbnas.data.dataset import Dataset
from imbnas.data.hold_out import HoldOut, hold_out
from imbnas.data.numeric_order import numeric_order
from imbnas.data.registry import PROFILES
from imbnas.data.shuffling import shuffled
from imbnas.errors import InputError
from imbnas.units.conditions import Condition, format_ratio
from imbnas.units.randomness import derive_seed


@dataclass(frozen=True)
class Counts:
    """Training images of each class.

    Attributes:
        train: images by label.
        tail: the counts that decide which classes are many, medium and few; a balanced control
            has those of the condition whose size it takes.
        notes: what could not be done as asked.
    """

    train: tuple[int, ...]
    tail: tuple[int, ...]
    notes: tuple[str, ...] = ()


def class_counts(condition: Condition, dataset: Dataset, held: HoldOut) -> Counts:
    """How many of the images that the hold-out leaves each class keeps.

    Raises:
        InputError: the ratio or the size is above what the classes can show.
    """
    if condition.profile == "natural":
        return _natural_counts(condition, dataset, held)
    if condition.natural_tail:
        return _levelled_counts(condition, dataset, held)
    order = class_order(condition, dataset.class_names)
    available = [len(held.pools[label]) for label in order]
    ratio = condition.like_ratio or condition.ratio or 1.0
    _check_ratio(condition, ratio, min(held.sizes))
    by_rank = PROFILES.get(condition.profile)(available, ratio)
    lifted = int((by_rank < 1).sum())
    note = f"kept one image in {lifted} class(es) where the profile gives none"
    notes = (note,) if lifted else ()
    tailed = [0] * len(order)
    for label, count in zip(order, np.maximum(by_rank, 1).tolist(), strict=True):
        tailed[label] = count
    if condition.like_ratio is None:
        return Counts(tuple(tailed), tuple(tailed), notes)
    share, remainder = divmod(sum(tailed), len(tailed))
    balanced = tuple(share + (label < remainder) for label in range(len(tailed)))
    return Counts(balanced, tuple(tailed), notes)


def _natural_counts(condition: Condition, dataset: Dataset, held: HoldOut) -> Counts:
    """Every image, or fewer in the same proportions."""
    available = [len(pool) for pool in held.pools]
    total, most = condition.size, sum(available)
    if condition.like_ratio is not None:
        tailed = {"profile": "exp", "ratio": condition.like_ratio, "like_ratio": None}
        total = sum(_counts_of(condition.model_copy(update=tailed), dataset).train)
    if total is None:
        return Counts(tuple(available), tuple(available))
    if not len(available) <= total <= most:
        raise InputError(
            f"condition {condition.name}: {total} images in natural proportions of "
            f"{len(available)} classes; give a size from {len(available)} to {most}"
        )
    counts = tuple(keep_proportions(available, total).tolist())
    lifted = sum(total * n < most for n in available)
    note = f"kept one image in {lifted} class(es) whose share is less than one"
    return Counts(counts, counts, (note,) if lifted else ())


def _levelled_counts(condition: Condition, dataset: Dataset, held: HoldOut) -> Counts:
    """As balanced as the classes allow, as large as a natural condition, with its groups."""
    natural = {"profile": "natural", "ratio": None, "like_natural": False}
    tail = _counts_of(condition.model_copy(update=natural), dataset).train
    available = [len(pool) for pool in held.pools]
    counts = level_out(available, sum(tail)).tolist()
    missing = sum(tail) - sum(counts)
    if condition.size is not None and missing:
        raise InputError(
            f"condition {condition.name}: validation leaves {sum(counts)} images; "
            f"give a size of at most {sum(counts)}"
        )
    capped = sum(n == kept < max(counts) for n, kept in zip(available, counts, strict=True))
    notes = {
        f"capped {capped} of {len(counts)} class(es) at all the images they have; "
        f"the largest class keeps {max(counts)}, the smallest {min(counts)}": capped,
        f"{missing} image(s) fewer than the natural condition: there are no more": missing,
    }
    return Counts(tuple(counts), tail, tuple(note for note, number in notes.items() if number))


def _counts_of(condition: Condition, dataset: Dataset) -> Counts:
    """The counts of another condition on the same images."""
    return class_counts(condition, dataset, hold_out(condition, dataset))


def _check_ratio(condition: Condition, ratio: float, class_size: int) -> None:
    # Published tables go to 1000x with 500 images per class: half an image is rounded up to one.
    if ratio > 2 * class_size:
        raise InputError(
            f"condition {condition.name}: ratio {format_ratio(ratio)} is above what classes of "
            f"{class_size} images can show; use at most {format_ratio(2 * class_size)}"
        )


def class_order(condition: Condition, class_names: Sequence[str]) -> tuple[int, ...]:
    """Labels from head to tail."""
    if condition.order == "numeric":
        return numeric_order(class_names)
    labels = np.arange(len(class_names), dtype=np.int64)
    if condition.order == "reversed":
        labels = labels[::-1]
    elif condition.order != "identity":
        labels = shuffled(labels, derive_seed("class-order", condition.order))
    return tuple(labels.tolist())
