"""Any folder ``ROOT/{train,test}/<class>/*`` as a dataset; labels follow the sorted class names."""

import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from imbnas.data import cache as image_cache
from imbnas.data.content import (
    Mark,
    content_digest,
    file_sha256,
    known,
    opened,
    read_all,
    sha256_of,
)
from imbnas.data.dataset import LARGEST_SIDE, Dataset, FileSplit
from imbnas.data.decoding import SUFFIXES, image_shape, open_image, to_array
from imbnas.data.file_lists import file_dataset
from imbnas.data.prepared import read_prepared, write_prepared
from imbnas.errors import InputError
from imbnas.units.frozen import FrozenModel
from imbnas.units.unit import Sha256

_Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]

SPLITS = ("train", "validation", "test")


class Found(NamedTuple):
    """An image file: its label, and its mark with the path in its split for a name."""

    label: int
    mark: Mark


@dataclass(frozen=True)
class Listing:
    """The image files of a folder.

    Attributes:
        root: the folder.
        class_names: sorted.
        files: by split, sorted by label and name.
        skipped: files that are no images by their suffix, or lie outside a class folder.
    """

    root: Path
    class_names: tuple[str, ...]
    files: Mapping[str, tuple[Found, ...]]
    skipped: int

    @property
    def marks(self) -> list[Mark]:
        """Marks of all files in order, named by their paths relative to the root."""
        splits = self.files.items()
        return [
            mark._replace(name=f"{split}/{mark.name}")
            for split, files in splits
            for _, mark in files
        ]


def load_folder(name: str, root: Path, cache: Path) -> Dataset:
    """Load an image folder.

    Square images of one size up to 64 pixels are decoded once into the cache, other images stay in
    their files. The digest is that of every file's path and content.

    Args:
        name: of the dataset.
        root: holds ``train`` and ``test``, and may hold ``validation``, with the same classes.
        cache: the cache directory.

    Raises:
        InputError: a split or a class is missing, or an image cannot be decoded.
    """
    listing = list_folder(f"dataset {name}", root)
    skipped = f"dataset {name}: skipped {listing.skipped} file(s) that are not images"
    notes = (skipped,) if listing.skipped else ()
    facts = known(
        cache, ("image folder", _Facts), root, listing.marks, lambda: _read_facts(name, listing)
    )
    if facts.shape is not None:
        entry = image_cache.entry(cache, facts.digest, _decoder(name, listing, facts))
        return read_prepared(entry, name, facts.digest, notes)
    splits = {
        split: FileSplit(_labels(files), root / split, tuple(file.mark.name for file in files))
        for split, files in listing.files.items()
    }
    return file_dataset(name, listing.class_names, splits, facts.digest, notes)


def list_folder(what: str, root: Path) -> Listing:
    """List the images of a folder.

    Args:
        what: opens every message.
        root: the folder.

    Raises:
        InputError: a split is missing, a class is missing in a split or has no image, or a file
            is empty.
    """
    splits = [split for split in SPLITS if (root / split).is_dir()]
    for split in ("train", "test"):
        if split not in splits:
            raise InputError(f"{what}: {_missing_split(root, split)}")
    classes = {split: _classes(root / split) for split in splits}
    _check_classes(what, root, classes)
    files: dict[str, tuple[Found, ...]] = {}
    skipped = 0
    for split in splits:
        found: list[Found] = []
        skipped += sum(not entry.is_dir() for entry in _visible(root / split))
        for label, name in enumerate(classes["train"]):
            images, others = _images(what, root / split / name, label)
            skipped += others
            found += images
        files[split] = tuple(found)
    return Listing(root, classes["train"], files, skipped)


def _missing_split(root: Path, split: str) -> str:
    if not root.is_dir():
        return f"{root} is not a folder; give a folder (unpack an archive first)"
    if (root / split).is_file():
        return f"{root / split} is a file, not a folder; unpack the archive"
    return f"{root} has no folder {split!r}; it must be ROOT/{{train,test}}/<class>/*"


def _classes(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(entry.name for entry in _visible(folder) if entry.is_dir()))


def _visible(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith("."))


def _check_classes(what: str, root: Path, classes: Mapping[str, tuple[str, ...]]) -> None:
    train = classes["train"]
    for split, names in classes.items():
        for name in names:
            _check_name(what, str(root / split / name))
    if len(train) < 2:
        raise InputError(
            f"{what}: {root / 'train'} has {len(train)} class folder(s); it needs two or more"
        )
    for split, names in classes.items():
        for there, here, absent in (("train", split, names), (split, "train", train)):
            lacking = sorted(set(classes[there]) - set(absent))
            if lacking:
                raise InputError(
                    f"{what}: class folder(s) {_some(lacking)} in {root / there} but not in "
                    f"{root / here}; every split needs the same classes"
                )


def _images(what: str, folder: Path, label: int) -> tuple[list[Found], int]:
    """Sorted images of a class folder, and how many other files there are."""
    images, skipped, name = [], 0, folder.name
    for entry in _visible(folder):
        suffix = entry.name.rpartition(".")[2].lower()
        if suffix not in SUFFIXES or not entry.is_file():
            skipped += 1
            continue
        _check_name(what, entry.path)
        stat = entry.stat()
        if stat.st_size == 0:
            raise InputError(f"{what}: {entry.path} is empty (zero bytes); replace or remove it")
        images.append(Found(label, Mark.of(f"{name}/{entry.name}", stat)))
    if not images:
        raise InputError(f"{what}: class folder {folder} has no image; add some or remove it")
    return sorted(images), skipped


def _check_name(what: str, path: str) -> None:
    """Refuse what no text can hold, neither a digest nor a table."""
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
        raise InputError(f"{what}: the name of {shown} is not UTF-8; rename it") from None


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


class _Facts(FrozenModel):
    """Digest of a folder, and the (channels, H, W) of its images where they are all small."""

    digest: Sha256
    shape: tuple[Literal[1, 3], _Side, _Side] | None


def _read_facts(name: str, listing: Listing) -> _Facts:
    names = [mark.name for mark in listing.marks]
    paths = [listing.root / name for name in names]
    _, height, width = image_shape(paths[0])
    shapes: set[tuple[int, int, int]] = set()

    def lines() -> Iterator[tuple[str, str]]:
        if not height == width <= LARGEST_SIDE:
            yield from zip(names, read_all(f"dataset {name}", file_sha256, paths), strict=True)
            return
        read = read_all(f"dataset {name}", _content_and_shape, paths)
        for path, (content, shape) in zip(names, read, strict=True):
            shapes.add(shape)
            yield path, content

    digest = content_digest(listing.class_names, lines())
    if len({shape[1:] for shape in shapes}) != 1:
        return _Facts(digest=digest, shape=None)
    channels = max(shape[0] for shape in shapes)
    return _Facts.model_validate({"digest": digest, "shape": (channels, height, width)})


def _content_and_shape(path: Path) -> tuple[str, tuple[int, int, int]]:
    with opened(path) as file:
        content = sha256_of(file)
        file.seek(0)
        return content, image_shape(path, io.BufferedReader(file))


def _decoder(name: str, listing: Listing, facts: _Facts) -> Callable[[Path], None]:
    channels, height, width = facts.shape or (3, 0, 0)

    def decode(path: Path) -> NDArray[np.uint8]:
        return to_array(open_image(path), channels)

    def build(folder: Path) -> None:
        for split, files in listing.files.items():
            shape = (len(files), channels, height, width)
            pixels = image_cache.new_array(folder / f"{split}.images.npy", shape)
            paths = [listing.root / split / file.mark.name for file in files]
            for position, image in enumerate(read_all(f"dataset {name}", decode, paths)):
                pixels[position] = image
        labels = {split: _labels(files) for split, files in listing.files.items()}
        write_prepared(folder, listing.class_names, labels)

    return build


def _labels(files: Sequence[Found]) -> NDArray[np.int64]:
    return np.asarray([file.label for file in files], dtype=np.int64)
