"""Datasets whose counts per class are published, so that counting needs none of their images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imbnas.data.dataset import ArraySplit, Dataset
from imbnas.data.published import FASHION_CLASSES

UNKNOWN_DIGEST = "0" * 64
"""Where a hash of content would stand."""

_CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
_CIFAR100_CLASSES = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle",
    "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle",
    "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch",
    "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox",
    "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion",
    "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom",
    "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
    "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road",
    "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake",
    "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
    "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle",
    "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
)  # fmt: skip
_SVHN_TRAIN = (4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659)
_SVHN_TEST = (1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595)


@dataclass(frozen=True)
class PublishedCounts:
    """What is known of a dataset without its files.

    Attributes:
        train: training images of each of the C classes, by label.
        test: test images of each class.
        class_names: of the classes.
        channels: 1 for grey images, 3 for colour.
    """

    train: Sequence[int]
    test: Sequence[int]
    class_names: tuple[str, ...]
    channels: int = 3


# Krizhevsky 2009; Netzer et al. 2011, cropped digits; Xiao et al. 2017.
PUBLISHED_COUNTS = {
    "cifar10": PublishedCounts([5000] * 10, [1000] * 10, _CIFAR10_CLASSES),
    "cifar100": PublishedCounts([500] * 100, [100] * 100, _CIFAR100_CLASSES),
    "fashion-mnist": PublishedCounts([6000] * 10, [1000] * 10, FASHION_CLASSES, channels=1),
    "svhn": PublishedCounts(_SVHN_TRAIN, _SVHN_TEST, tuple(map(str, range(10)))),
}


def counted(name: str) -> Dataset:
    """A dataset of labels alone: what is counted of it is right, its images have no pixels.

    Args:
        name: key of ``PUBLISHED_COUNTS``.

    Returns:
        The dataset, with labels in ascending order and ``UNKNOWN_DIGEST``.
    """
    known = PUBLISHED_COUNTS[name]
    train, test = (_labelled(counts, known.channels) for counts in (known.train, known.test))
    nothing = (0.0,) * known.channels
    return Dataset(name, known.class_names, train, test, UNKNOWN_DIGEST, mean=nothing, std=nothing)


def _labelled(counts: Sequence[int], channels: int) -> ArraySplit:
    labels = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    return ArraySplit(labels, np.empty((len(labels), 0, 0, channels), np.uint8))
