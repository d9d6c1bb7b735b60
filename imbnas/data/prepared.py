"""Datasets of small images, decoded once and kept in the cache."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbnas.data import cache as image_cache
from imbnas.data.dataset import ArraySplit, Dataset, channel_statistics
from imbnas.errors import InputError
from imbnas.units.frozen import canonical_json


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
        facts: dict[str, Any] = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cache entry {folder}: facts.json is damaged ({error}); remove the folder"
        ) from None
    fields: dict[str, Any] = {key: tuple(facts[key]) for key in ("class_names", "mean", "std")}
    for split in facts["splits"]:
        # Stored by channel, as networks want it; shown channel last, as NumPy users expect.
        pixels = image_cache.open_array(folder / f"{split}.images.npy").transpose(0, 2, 3, 1)
        labels = np.array(image_cache.open_array(folder / f"{split}.labels.npy"))
        fields[split] = ArraySplit(labels, pixels)
    return Dataset(name=name, digest=digest, notes=notes, **fields)
