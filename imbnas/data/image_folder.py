"""Any folder ``ROOT/{train,test}/<class>/*`` as a dataset; labels follow the sorted class names."""

import errno
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbnas.data import cache as image_cache
from imbnas.data.alike_names import alike
from imbnas.data.content import Mark, known, read_all
from imbnas.data.dataset import Dataset, FileSplit
from imbnas.data.decoding import SUFFIXES, open_image, to_array
from imbnas.data.examined import SHOWN, ImageFacts, Source, examine, named
from imbnas.data.file_lists import file_dataset
from imbnas.data.numeric_order import numeric_order
from imbnas.data.prepared import read_prepared, write_prepared
from imbnas.errors import InputError

SPLITS = ("train", "validation", "test")

_HIDDEN = "file(s) or folder(s) whose names begin with a dot"
_BESIDE = "file(s) beside the class folders"
_NESTED = "folder(s) inside class folders (images belong into the class folder itself)"
_OTHER_SUFFIX = f"file(s) whose names do not end like an image's ({', '.join(sorted(SUFFIXES))})"
_NOWHERE = "link(s) that lead nowhere"
_IRREGULAR = "FIFO(s), socket(s) or device(s)"
_BESIDE_SPLITS = "file(s) beside the splits"
_NO_SPLIT = "folder(s) beside those of the splits train, validation and test"


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
        skipped: what lies there and is not read, by reason: paths relative to the root.
    """

    root: Path
    class_names: tuple[str, ...]
    files: Mapping[str, tuple[Found, ...]]
    skipped: Mapping[str, Sequence[str]]

    @property
    def notes(self) -> list[str]:
        """What users should know of the names."""
        told = [
            f"skipped {len(names):,} {reason}: {named(names)}"
            for reason, names in self.skipped.items()
        ]
        told += [
            f"{len(names)} classes whose names differ in case, blanks around or Unicode normal "
            f"form alone count as different ones: {', '.join(map(ascii, names[:SHOWN]))}"
            for names in alike(self.class_names)
        ]
        by_number = [self.class_names[label] for label in numeric_order(self.class_names)]
        if by_number != list(self.class_names):
            told.append(
                f"labels, and with them head and tail, follow class names as text "
                f"({named(self.class_names)}); conditions with :order-numeric take them by number"
            )
        return told

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
    what = f"dataset {name}"
    listing = list_folder(what, root)
    facts = known(
        cache,
        ("image folder", ImageFacts),
        root,
        listing.marks,
        lambda: examine(what, root, listing.class_names, list(_sources(listing))),
    )
    notes = tuple(f"{what}: {note}" for note in (*listing.notes, *facts.notes))
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
        InputError: a split is missing, a class is missing in a split or has no image, a file is
            empty, a link leads nowhere, or a folder may not be read.
    """
    try:
        return _list_folder(what, root)
    except PermissionError as error:
        raise InputError(
            f"{what}: {error.filename or root} may not be read; give read permission, and for "
            "folders permission to enter them"
        ) from None
    except OSError as error:
        raise InputError(
            f"{what}: {error.filename or root}: {error.strerror or error}; give a folder that can "
            "be read"
        ) from None


def _list_folder(what: str, root: Path) -> Listing:
    splits = [split for split in SPLITS if (root / split).is_dir()]
    for split in SPLITS:
        # A validation split may be lacking, but one that cannot be read would do so silently.
        if split not in splits and (split != "validation" or os.path.lexists(root / split)):
            raise InputError(f"{what}: {_missing_split(root, split)}")
    entries = _Entries(root)
    classes = {split: entries.classes(split) for split in splits}
    entries.refuse_dangling(what)
    entries.refuse_flat(what, classes)
    _check_classes(what, root, classes)
    found = {
        split: [
            image
            for label, name in enumerate(classes["train"])
            for image in entries.images(what, split, name, label)
        ]
        for split in splits
    }
    entries.refuse_dangling(what)
    entries.refuse_empty(what)
    for split in splits:
        entries.refuse_imageless(what, split, classes["train"], found[split])
    entries.pass_over_the_rest()
    files = {split: tuple(images) for split, images in found.items()}
    skipped = {reason: sorted(names) for reason, names in entries.skipped.items() if names}
    return Listing(root, classes["train"], files, skipped)


def _missing_split(root: Path, split: str) -> str:
    if not root.is_dir():
        return f"{root} is not a folder; give a folder (unpack an archive first)"
    place = root / split
    if os.path.lexists(place) and not (place.is_file() or place.is_symlink()):
        return f"{place} is no folder; remove it or put a folder in its place"
    if place.is_file():
        return f"{place} is a file, not a folder; unpack the archive"
    if place.is_symlink():
        return f"{place} is a link that leads nowhere; restore what it leads to"
    folders = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    inner = next((name for name in folders if (root / name / split).is_dir()), None)
    if inner is not None:
        return f"{root} has no folder {split!r}, but {root / inner} has; give that folder"
    seen = f" (it has {named(folders)})" if folders else ""
    return f"{root} has no folder {split!r}{seen}; it must be ROOT/{{train,test}}/<class>/*"


class _Entries:
    """Walks the folders of a dataset, and keeps account of whatever is not read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._dangling: list[str] = []
        self._empty: list[str] = []
        self.skipped: dict[str, list[str]] = defaultdict(list)

    def classes(self, split: str) -> tuple[str, ...]:
        """Sorted names of the class folders of a split."""
        found = []
        for entry, kind, _ in self._visible(split):
            if kind == stat.S_IFDIR:
                found.append(entry.name)
            elif kind == 0:
                # It may have been a class, so that all labels would be others.
                self._dangling.append(self._name(entry))
            else:
                self.skipped[_BESIDE].append(self._name(entry))
        return tuple(sorted(found))

    def images(self, what: str, split: str, name: str, label: int) -> list[Found]:
        """Sorted images of a class folder."""
        found = []
        for entry, kind, status in self._visible(f"{split}/{name}"):
            is_named_so = entry.name.rpartition(".")[2].lower() in SUFFIXES
            if kind == stat.S_IFDIR:
                self.skipped[_NESTED].append(self._name(entry))
            elif not is_named_so:
                self.skipped[_OTHER_SUFFIX if kind else _NOWHERE].append(self._name(entry))
            elif kind == 0:
                self._dangling.append(self._name(entry))
            elif kind != stat.S_IFREG or status is None:
                self.skipped[_IRREGULAR].append(self._name(entry))
            else:
                _check_name(what, entry.path)
                if status.st_size == 0:
                    self._empty.append(entry.path)
                found.append(Found(label, Mark.of(f"{name}/{entry.name}", status)))
        return sorted(found)

    def pass_over_the_rest(self) -> None:
        """Account for what lies beside the splits."""
        reasons = {stat.S_IFDIR: _NO_SPLIT, stat.S_IFREG: _BESIDE_SPLITS, 0: _NOWHERE}
        for entry, kind, _ in self._visible("."):
            if entry.name not in SPLITS:
                self.skipped[reasons.get(kind, _IRREGULAR)].append(entry.name)

    def refuse_dangling(self, what: str) -> None:
        """Refuse links in the place of classes and images that lead nowhere."""
        if self._dangling:
            raise InputError(
                f"{what}: {len(self._dangling):,} link(s) in {self._root} lead nowhere: "
                f"{named(sorted(self._dangling))}; restore what they lead to, or remove them"
            )

    def refuse_flat(self, what: str, classes: Mapping[str, Sequence[str]]) -> None:
        """Refuse a split whose images lie in no class folders."""
        for split, names in classes.items():
            flat = [name for name in self.skipped[_BESIDE] if name.startswith(f"{split}/")]
            if flat and not names:
                raise InputError(
                    f"{what}: {self._root / split} has {len(flat):,} file(s) and no class folder: "
                    f"{named(sorted(flat))}; move each image into a folder of its class"
                )

    def refuse_empty(self, what: str) -> None:
        """Refuse images without a byte."""
        empty = sorted(self._empty)
        if len(empty) == 1:
            raise InputError(f"{what}: {empty[0]} is empty (zero bytes); replace or remove it")
        if empty:
            raise InputError(
                f"{what}: {len(empty):,} images are empty (zero bytes): {named(empty)}; replace or "
                "remove them"
            )

    def refuse_imageless(
        self, what: str, split: str, class_names: Sequence[str], found: Sequence[Found]
    ) -> None:
        """Refuse a class without images; tells what lies in its folder instead."""
        present = {image.label for image in found}
        for label, name in enumerate(class_names):
            if label in present:
                continue
            prefix = f"{split}/{name}/"
            others = [
                f"{len(mine)} {reason}: {named(sorted(mine))}"
                for reason, names in self.skipped.items()
                if (mine := [each for each in names if each.startswith(prefix)])
            ]
            instead = f", but {'; '.join(others)}" if others else ""
            raise InputError(
                f"{what}: class folder {self._root / split / name} has no image{instead}; add "
                "some or remove it"
            )

    def _visible(
        self, folder: str
    ) -> Iterator[tuple[os.DirEntry[str], int, os.stat_result | None]]:
        """Entries with what links lead to: kind of file, 0 for nowhere, and its status."""
        with os.scandir(self._root / folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    self.skipped[_HIDDEN].append(self._name(entry))
                    continue
                status = _status(entry)
                yield entry, 0 if status is None else stat.S_IFMT(status.st_mode), status

    def _name(self, entry: os.DirEntry[str]) -> str:
        return os.path.relpath(entry.path, self._root)


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Of what an entry leads to; ``None`` where that is nowhere."""
    try:
        return entry.stat()
    except OSError as error:
        if entry.is_symlink() and error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
            return None
        raise


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
                pair = next(iter(alike([lacking[0], *absent])), None)
                near = f" as {pair[1]!a}, spelled otherwise," if pair else ""
                raise InputError(
                    f"{what}: class folder(s) {named(lacking)} in {root / there} but{near} not in "
                    f"{root / here}; every split needs the same classes"
                )


def _check_name(what: str, path: str) -> None:
    """Refuse what no text can hold, neither a digest nor a table."""
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
        raise InputError(f"{what}: the name of {shown} is not UTF-8; rename it") from None


def _sources(listing: Listing) -> Iterator[Source]:
    for split, files in listing.files.items():
        for label, mark in files:
            name = f"{split}/{mark.name}"
            yield Source(split, label, name, (name,))


def _decoder(name: str, listing: Listing, facts: ImageFacts) -> Callable[[Path], None]:
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
