"""Groups of classes by how many training images they have."""

from collections.abc import Sequence

import numpy as np

from imbnas.units.bounds import Label
from imbnas.units.frozen import FrozenModel

Classes = tuple[Label, ...]

MANY_ABOVE = 100
FEW_BELOW = 20


class Groups(FrozenModel):
    """Labels by training count (Liu et al. 2019); a group without classes is ``None``.

    Attributes:
        many: more than 100 images.
        medium: 20 to 100 images.
        few: fewer than 20 images.
    """

    many: Classes | None
    medium: Classes | None
    few: Classes | None


class Tertiles(FrozenModel):
    """Labels by rank of training count, in three parts as equal as can be, larger parts first.

    Attributes:
        head: classes of most images; ``None`` if empty, as below.
        middle: classes between.
        tail: classes of fewest images.
    """

    head: Classes | None
    middle: Classes | None
    tail: Classes | None


def group_by_count(class_counts: Sequence[int]) -> Groups:
    """Group labels by the counts (C,) given in label order."""
    labelled = list(enumerate(class_counts))
    return Groups(
        many=_group([label for label, n in labelled if n > MANY_ABOVE]),
        medium=_group([label for label, n in labelled if FEW_BELOW <= n <= MANY_ABOVE]),
        few=_group([label for label, n in labelled if n < FEW_BELOW]),
    )


def group_by_rank(class_counts: Sequence[int], order: Sequence[int]) -> Tertiles:
    """Split labels into thirds by descending count.

    Args:
        class_counts: (C,) counts in label order.
        order: labels from head to tail; it decides between classes of equal count.
    """
    ranked = sorted(order, key=lambda label: -class_counts[label])
    head, middle, tail = (_group(part.tolist()) for part in np.array_split(ranked, 3))
    return Tertiles(head=head, middle=middle, tail=tail)


def _group(labels: list[int]) -> Classes | None:
    return tuple(sorted(labels)) or None
