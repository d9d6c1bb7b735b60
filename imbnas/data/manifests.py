"""Manifests: exactly which images a condition trains, validates and tests on."""

import json
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, model_validator

from imbnas.data.dataset import Dataset, SplitName
from imbnas.data.groups import Groups, Tertiles
from imbnas.errors import InputError
from imbnas.regular_files import read_text
from imbnas.units.bounds import ImageCount
from imbnas.units.conditions import Protocol
from imbnas.units.frozen import FrozenModel, canonical_json, content_sha256
from imbnas.validation import first_fault

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
    dataset_digest: str
    class_counts: tuple[ImageCount, ...]
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
        return self


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest as one line of canonical JSON.

    Raises:
        InputError: the file cannot be written.
    """
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
        text = read_text(path, MANIFEST_BYTES, follow=follow)
        return Manifest.model_validate(json.loads(text))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(
            f"manifest {path}: cannot be read ({reason}); "
            "give one that show condition --manifest wrote"
        ) from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"manifest {path}: not JSON (line {error.lineno}); export it again"
        ) from None
    except ValidationError as error:
        raise InputError(f"manifest {path}: {first_fault(error)}") from None
    except (RecursionError, ValueError):
        raise InputError(
            f"manifest {path}: nested too deeply, or a number of too many digits; export it again"
        ) from None


def check_manifest(manifest: Manifest, dataset: Dataset) -> None:
    """Make sure that a manifest was made from this very data.

    Raises:
        InputError: the dataset's content is another one.
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
