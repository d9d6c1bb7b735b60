"""The 1,797 hand-written digits of scikit-learn, 8x8 pixels, with a split of our own."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imbnas.data.dataset import ArraySplit, Dataset, array_digest, channel_statistics
from imbnas.data.locations import DataLocations
from imbnas.data.shuffling import shuffled
from imbnas.errors import InputError

TEST_PER_CLASS = 80
SPLIT_SEED = 1797
VALIDATION_FRACTION = 0.2


def load(locations: DataLocations) -> Dataset:
    """Load the digits; they are embedded in scikit-learn and need no location.

    They have no published split. Ours is fixed: all images are shuffled with seed 1797, the first
    80 of each class are the test split (800 images), the rest, in its original order, is the
    training split (997 images, 94 to 103 per class). Grey values 0–16 are scaled to 0–255.

    Raises:
        InputError: a folder is given for the digits.
    """
    if locations.named("digits") is not None:
        raise InputError(
            "--dataset digits=…: digits come with scikit-learn and take no folder; "
            "give the folder another name"
        )
    grey, labels = _digits()
    images = np.rint(grey * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    order = shuffled(np.arange(len(labels), dtype=np.int64), SPLIT_SEED)
    chosen = [order[labels[order] == label][:TEST_PER_CLASS] for label in range(10)]
    is_test = np.zeros(len(labels), dtype=bool)
    is_test[np.concatenate(chosen)] = True
    train = ArraySplit(labels[~is_test], images[~is_test])
    test = ArraySplit(labels[is_test], images[is_test])
    class_names = tuple(str(label) for label in range(10))
    mean, std = channel_statistics(train.images)
    return Dataset(
        name="digits",
        class_names=class_names,
        train=train,
        test=test,
        digest=array_digest(class_names, train, test),
        mean=mean,
        std=std,
        validation_fraction=VALIDATION_FRACTION,
    )


def _digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Grey values of shape (N, 8, 8) from 0 to 16, and labels of shape (N,)."""
    package = find_spec("sklearn")
    path = Path(package.origin or "" if package else "").parent / "datasets/data/digits.csv.gz"
    # scikit-learn imports pandas and most of SciPy, which takes longer in each new process.
    if path.is_file():
        table = np.loadtxt(path, delimiter=",")
        return table[:, :-1].reshape(-1, 8, 8), table[:, -1].astype(np.int64)
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.images, bunch.target.astype(np.int64)
