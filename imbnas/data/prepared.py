"""Datasets of small images, decoded once and kept in the cache."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbnas.data import cache as image_cache
from imbnas.data.dataset import ArraySplit, Dataset, SplitName, channel_statistics
from imbnas.errors import InputError
from imbnas.regular_files import read_regular
from imbnas.units.frozen import FrozenModel, canonical_json

_LARGEST_FACTS = 2**26
"""Bytes: 64 MiB, names of hundreds of thousands of classes."""


class _Facts(FrozenModel):
    """What ``facts.json`` of an entry says of its images.

    Attributes:
        class_names: by label.
        splits: which there are.
        mean: of each channel.
        std: of each channel.
    """

    class_names: tuple[str, ...]
    splits: tuple[SplitName, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


def write_prepared(
    folder: Path, class_names: tuple[str, ...], labels: Mapping[str, NDArray[np.int64]]
) -> None:
    """Complete an entry whose ``SPLIT.images.npy`` are written: add labels and facts."""
    for split, values in labels.items():
        np.save(folder / f"{split}.labels.npy", values)
    train = image_cache.open_array(folder / "train.images.npy")
    mean, std = channel_statistics(train.transpose(0, 2, 3, 1))
    facts = _Facts.model_validate(
        {"class_names": class_names, "splits": sorted(labels), "mean": mean, "std": std}
    )
    (folder / "facts.json").write_text(canonical_json(facts), encoding="utf-8")


def read_prepared(folder: Path, name: str, digest: str, notes: tuple[str, ...] = ()) -> Dataset:
    """Open an entry as a dataset, its images memory-mapped.

    Args:
        folder: of the entry.
        name: of the dataset.
        digest: of its content.
        notes: for its users.

    Raises:
        InputError: the entry is damaged.
    """
    try:
        facts = _Facts.model_validate_json(read_regular(folder / "facts.json", _LARGEST_FACTS))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not what was written"
        raise InputError(
            f"cache entry {folder}: facts.json is damaged ({reason}); remove the folder"
        ) from None
    fields: dict[str, Any] = facts.model_dump(exclude={"splits"})
    for split in facts.splits:
        # Stored by channel, as networks want it; shown channel last, as NumPy users expect.
        pixels = image_cache.open_array(folder / f"{split}.images.npy").transpose(0, 2, 3, 1)
        labels = np.array(image_cache.open_array(folder / f"{split}.labels.npy"))
        fields[split] = ArraySplit(labels, pixels)
    return Dataset(name=name, digest=digest, notes=notes, **fields)
