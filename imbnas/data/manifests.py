"""Manifests: exactly which images a condition trains, validates and tests on."""

from collections.abc import Iterator
from itertools import pairwise
from operator import lt
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from imbnas.data.dataset import Dataset, SplitName
from imbnas.data.groups import Groups, Tertiles
from imbnas.errors import InputError
from imbnas.regular_files import read_regular
from imbnas.units.bounds import ImageCount
from imbnas.units.conditions import Protocol, parse_condition
from imbnas.units.frozen import FrozenModel, canonical_json, content_sha256
from imbnas.units.sealing import AlteredError, strict_json
from imbnas.units.unit import Sha256
from imbnas.validation import fault_of

MANIFEST_BYTES = 2**28
"""256 MiB, some thirty million images."""


class Selection(FrozenModel):
    """Some images of one split of the dataset.

    Attributes:
        split: the split that the indices count in.
        indices: ascending positions in it.
    """

    split: SplitName
    indices: tuple[ImageCount, ...]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not all(lt(*pair) for pair in pairwise(self.indices)):
            raise ValueError("indices: they do not ascend")
        return self


class Manifest(FrozenModel):
    """A condition, resolved on a dataset.

    Attributes:
        condition: short name, with the subset seed.
        protocol: ``strict`` or ``paper``.
        dataset: name of the dataset.
        dataset_digest: sha256 of its content.
        class_counts: training images by label.
        total: training images.
        train: training images.
        validation: validation images; of the training split (strict), of the dataset's own
            validation split (strict, natural), or of the test split (paper).
        test: test images.
        groups: classes by training count. A balanced control has those of the long-tailed
            condition whose size it takes.
        tertiles: classes by rank of training count.
        notes: what the profile could not do as asked.
        sha256: hash of everything above.
    """

    condition: str
    protocol: Protocol
    dataset: str
    dataset_digest: Sha256
    class_counts: Annotated[tuple[ImageCount, ...], Field(min_length=1)]
    total: ImageCount
    train: Selection
    validation: Selection
    test: Selection
    groups: Groups
    tertiles: Tertiles
    notes: tuple[str, ...]
    sha256: str

    @classmethod
    def seal(cls, **fields: Any) -> Self:
        """Build a manifest from every field but ``sha256``."""
        draft = cls.model_construct(**fields)
        return cls(**fields, sha256=draft._content_sha256())

    def _content_sha256(self) -> str:
        return content_sha256(self.model_dump(mode="json", exclude={"sha256"}))

    @model_validator(mode="after")
    def _unaltered(self) -> Self:
        if self.sha256 != self._content_sha256():
            raise ValueError("its sha256 does not fit its content; export it again")
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        """What cannot be, whatever the dataset."""
        try:
            parse_condition(self.condition, self.protocol)
        except InputError as error:
            yield str(error)
        if not self.total == sum(self.class_counts) == len(self.train.indices):
            yield "total, class_counts and train differ in how many training images there are"
        for name in ("groups", "tertiles"):
            groups = getattr(self, name).model_dump().values()
            labels = sorted(label for group in groups for label in group or ())
            if labels != list(range(len(self.class_counts))):
                yield f"{name}: they do not hold every class of class_counts once"
        if self.train.split != "train":
            yield "train: split: not the training split"
        if self.test.split != "test":
            yield "test: split: not the test split"


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest as one line of canonical JSON.

    Raises:
        InputError: the file cannot be written.
    """
    if path.is_fifo():
        raise InputError(f"manifest {path}: it is a FIFO, which may have no reader; give a file")
    try:
        path.write_text(canonical_json(manifest) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"manifest {path}: cannot be written ({error.strerror}); give another path"
        ) from None


def read_manifest(path: Path, *, follow: bool = True) -> Manifest:
    """Read a manifest that was exported before.

    Args:
        path: of the file.
        follow: whether a link may lead to it.

    Raises:
        InputError: the file is missing, is not a manifest, or was changed after export.
    """
    try:
        text = read_regular(path, MANIFEST_BYTES, follow=follow)
    except OSError as error:
        raise InputError(
            f"manifest {path}: cannot be read ({error.strerror}); "
            "give one that show condition --manifest wrote"
        ) from None
    return parse_manifest(text, path)


def parse_manifest(text: bytes, path: Path) -> Manifest:
    """Read the text of a manifest.

    Args:
        text: JSON.
        path: of it, for messages.

    Raises:
        InputError: it is no manifest, or was changed after export.
    """
    try:
        return Manifest.model_validate(strict_json(text))
    except AlteredError as error:
        raise InputError(f"manifest {path}: {error}; export it again") from None
    except ValidationError as error:
        raise InputError(f"manifest {path}: {fault_of(error)}") from None


def count_classes(dataset: Dataset, selection: Selection) -> tuple[int, ...]:
    """Images of each class in a selection of a dataset."""
    indices = np.array(selection.indices, np.int64)
    labels = dataset.split(selection.split).labels[indices]
    return tuple(np.bincount(labels, minlength=dataset.num_classes).tolist())


def check_manifest(manifest: Manifest, dataset: Dataset) -> None:
    """Make sure that a manifest was made from this very data.

    Raises:
        InputError: the dataset's content is another one, or does not have its images.
    """
    if manifest.dataset_digest != dataset.digest:
        raise InputError(
            f"manifest of {manifest.condition}: made from dataset content "
            f"{manifest.dataset_digest[:12]}, but {dataset.name!r} here is {dataset.digest[:12]}; "
            "give the data it was made from, or export a manifest from this data"
        )
    for part in ("train", "validation", "test"):
        selection: Selection = getattr(manifest, part)
        count = len(dataset.split(selection.split).labels)
        if selection.indices and max(selection.indices) >= count:
            raise InputError(
                f"manifest of {manifest.condition}: {part}: image {max(selection.indices)} of "
                f"{selection.split!r}, which has {count}; export it again"
            )
    if count_classes(dataset, manifest.train) != manifest.class_counts:
        raise InputError(
            f"manifest of {manifest.condition}: class_counts: the images of train are of other "
            "classes; export it again"
        )
