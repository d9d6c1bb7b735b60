"""Datasets of small images, decoded once and kept in the cache."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbnas.data import cache as image_cache
from imbnas.data.dataset import ArraySplit, Dataset, channel_statistics
from imbnas.errors import InputError
from imbnas.units.frozen import canonical_json


@dataclass(frozen=True, eq=False)
class Prepared:
    """What the cache holds of a dataset.

    Attributes:
        class_names: by label.
        splits: ``train``, ``test`` and perhaps ``validation``; images are memory-mapped.
        mean: mean of each channel of the training images, in [0, 1].
        std: standard deviation of each channel.
    """

    class_names: tuple[str, ...]
    splits: Mapping[str, ArraySplit]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def dataset(self, name: str, digest: str, **fields: Any) -> Dataset:
        """The dataset of this content; ``fields`` are further ones of ``Dataset``."""
        return Dataset(
            name=name,
            class_names=self.class_names,
            train=self.splits["train"],
            test=self.splits["test"],
            validation=self.splits.get("validation"),
            digest=digest,
            mean=self.mean,
            std=self.std,
            **fields,
        )


def signature(kind: str, marks: Iterable[tuple[str, int, int]]) -> str:
    """Hash of what changes when files do: their names, sizes and times of change.

    Args:
        kind: how the files are read.
        marks: (name, size in bytes, time of change in nanoseconds) of each file.
    """
    lines = [f"{name}\t{size}\t{changed_ns}" for name, size, changed_ns in marks]
    return sha256("\n".join([kind, *lines]).encode()).hexdigest()


def write_prepared(
    folder: Path, class_names: tuple[str, ...], labels: Mapping[str, NDArray[np.int64]]
) -> None:
    """Complete an entry whose ``SPLIT.images.npy`` are written: add labels and facts."""
    for split, values in labels.items():
        np.save(folder / f"{split}.labels.npy", values)
    train = image_cache.open_array(folder / "train.images.npy")
    mean, std = channel_statistics(train.transpose(0, 2, 3, 1))
    facts = {"class_names": class_names, "splits": sorted(labels), "mean": mean, "std": std}
    (folder / "facts.json").write_text(canonical_json(facts), encoding="utf-8")


def read_prepared(folder: Path) -> Prepared:
    """Open an entry.

    Raises:
        InputError: the entry is damaged.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cache entry {folder}: facts.json is damaged ({error}); remove the folder"
        ) from None
    splits = {}
    for split in facts["splits"]:
        # Stored by channel, as networks want it; shown channel last, as NumPy users expect.
        pixels = image_cache.open_array(folder / f"{split}.images.npy").transpose(0, 2, 3, 1)
        labels = np.array(image_cache.open_array(folder / f"{split}.labels.npy"))
        splits[split] = ArraySplit(labels, pixels)
    return Prepared(tuple(facts["class_names"]), splits, tuple(facts["mean"]), tuple(facts["std"]))
