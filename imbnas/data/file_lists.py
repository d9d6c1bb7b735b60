"""Datasets published as list files, one ``path label`` per line, beside a tree of large images."""

import os
import posixpath
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imbnas.data.content import Mark, file_sha256, known
from imbnas.data.dataset import Dataset, FileSplit
from imbnas.data.examined import ImageFacts, Source, examine
from imbnas.data.listed_paths import portable_names, refuse_two_labels, why_missing
from imbnas.data.locations import DataLocations
from imbnas.error_texts import shortened
from imbnas.errors import InputError
from imbnas.regular_files import read_regular

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

_LARGEST_LIST = 2**30
"""Bytes of a list: 1 GiB, ten million images and more."""
_MOST_DIGITS = 18
_SHOWN = 200
"""Characters of a path that messages show."""
_COMMA = re.compile(r",\s*[0-9]+\s*$")


@dataclass(frozen=True)
class PublishedLists:
    """A dataset of list files.

    Attributes:
        name: of the dataset.
        num_classes: number of classes C.
        lists: file name by split.
        sha256: known hashes by split.
        home: where the files come from, for the message when they are missing.
    """

    name: str
    num_classes: int
    lists: Mapping[str, str]
    sha256: Mapping[str, str]
    home: str

    def load(self, locations: DataLocations) -> Dataset:
        """Load the dataset.

        Args:
            locations: the list files lie in the dataset's folder or in its sub-folder ``lists``;
                listed paths are relative to the dataset's folder.

        Returns:
            The dataset; its images stay in their files. The digest is that of paths, labels and
            every file's content; of absolute paths it holds what does not depend on where the data
            lies. A list that is not the published one is named in the notes.

        Raises:
            InputError: a list or an image is missing, a list is malformed, a path has two labels,
                or images cannot be decoded.
        """
        root, folder = self._find(locations)
        what = f"dataset {self.name}"
        paths = {split: folder / file_name for split, file_name in self.lists.items()}
        splits = {
            split: FileSplit(labels, root, names)
            for split, path in paths.items()
            for names, labels in [read_list(path, self.num_classes)]
        }
        refuse_two_labels(root, [(paths[split], files) for split, files in splits.items()])
        marks = [
            mark
            for split, files in splits.items()
            for mark in listed_marks(paths[split], root, files.paths)
        ]
        class_names = _class_names(splits["train"], self.num_classes)
        sources = list(_sources(root, splits))
        listed = [
            mark._replace(name="\t".join(source.line))
            for mark, source in zip(marks, sources, strict=True)
        ]
        facts = known(
            locations.cache,
            ("list files", ImageFacts),
            root,
            listed,
            lambda: examine(what, root, class_names, sources),
        )
        other = [
            f"{path} is not the published list"
            for split, path in paths.items()
            if self.sha256.get(split) and file_sha256(path) != self.sha256[split]
        ]
        notes = [f"{what}: {note}" for note in (*other, *facts.notes)]
        return file_dataset(self.name, class_names, splits, facts.digest, notes)

    def _find(self, locations: DataLocations) -> tuple[Path, Path]:
        candidates = locations.candidates(self.name)
        train = self.lists["train"]
        for root in candidates:
            for folder in (root, root / "lists"):
                if (folder / train).is_file():
                    return root, folder
        packed = locations.packed(self.name)
        if packed is not None:
            raise InputError(f"dataset {self.name!r}: {train} not found: {packed}")
        looked = ", ".join(str(path) for path in candidates) or "no folder was given"
        raise InputError(
            f"dataset {self.name!r}: {train} not found (looked in: {looked}); get the "
            f"{self.home}, and put both under DATA/{self.name} with --data-root DATA or "
            f"IMBNAS_DATA=DATA, or anywhere with --dataset {self.name}=FOLDER"
        )


def file_dataset(
    name: str,
    class_names: tuple[str, ...],
    splits: Mapping[str, FileSplit],
    digest: str,
    notes: Sequence[str],
) -> Dataset:
    """A dataset of images that stay in their files, normalised as ImageNet's."""
    return Dataset(
        name=name,
        class_names=class_names,
        train=splits["train"],
        validation=splits.get("validation"),
        test=splits["test"],
        digest=digest,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        notes=tuple(notes),
    )


# 115,846 training images of 1,000 classes (Liu et al. 2019).
IMAGENET_LT = PublishedLists(
    name="imagenet-lt",
    num_classes=1000,
    lists={
        "train": "ImageNet_LT_train.txt",
        "validation": "ImageNet_LT_val.txt",
        "test": "ImageNet_LT_test.txt",
    },
    sha256={
        "train": "efdbdad4f050237c310b2f354cf95a8b1d7c8d57a63c4ea4bb6bf2bcb012f37f",
        "validation": "9af7ba688acf9532ff5845a8fb14a1e97fdc4c51ac48bc72c08ea9c3f7ff142e",
    },
    home="lists from github.com/facebookresearch/classifier-balancing, images from image-net.org",
)

# 62,500 training images of 365 classes (Liu et al. 2019).
PLACES_LT = PublishedLists(
    name="places-lt",
    num_classes=365,
    lists={
        "train": "Places_LT_train.txt",
        "validation": "Places_LT_val.txt",
        "test": "Places_LT_test.txt",
    },
    sha256={
        "train": "726c4871dcbf07ce2f857703bfe32e9a83ffbf52d704239f6d95c4f4f4c247f7",
        "validation": "719e3cf3766c09134ea28f56f1036c78def511ac1ed2c2532a6beef78f2439ba",
    },
    home="lists from github.com/facebookresearch/classifier-balancing, "
    "images from places2.csail.mit.edu",
)

# 437,513 training images of 8,142 classes (Van Horn et al. 2018).
INAT18 = PublishedLists(
    name="inat18",
    num_classes=8142,
    # The published validation list is what every paper tests on.
    lists={"train": "iNaturalist18_train.txt", "test": "iNaturalist18_val.txt"},
    sha256={"train": "158fa2dca040e6e95b06c68c7cdff40fe696f202793b2aa0e8b854321ffe1adf"},
    home="lists from github.com/facebookresearch/classifier-balancing, "
    "images from github.com/visipedia/inat_comp",
)


def read_list(path: Path, num_classes: int) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Read a list file.

    Args:
        path: of a UTF-8 text file with one ``path label`` per line, with blanks or tabs between
            the two; empty lines and a mark of the byte order are passed over.
        num_classes: labels are below it.

    Returns:
        N paths as written, and (N,) int64 labels.

    Raises:
        InputError: names the file and the line of what is wrong.
    """
    paths, labels = [], []
    for number, line in enumerate(_list_lines(path), start=1):
        if not line.strip():
            continue
        name, label, *_ = *line.rsplit(maxsplit=1), ""
        if not (label.isascii() and label.isdecimal()):
            seen = " (a comma stands in front of the label)" if _COMMA.search(line) else ""
            raise InputError(f"list {path}, line {number}: no label; write PATH LABEL{seen}")
        if len(label) > _MOST_DIGITS or int(label) >= num_classes:
            raise InputError(
                f"list {path}, line {number}: label {label[:_MOST_DIGITS]} is out of range; "
                f"labels are 0 to {num_classes - 1}"
            )
        paths.append(name.strip())
        labels.append(int(label))
    values = np.asarray(labels, dtype=np.int64)
    absent = np.flatnonzero(np.bincount(values, minlength=num_classes) == 0)
    if len(absent):
        raise InputError(
            f"list {path}: {len(absent)} of {num_classes} classes have no image, first class "
            f"{absent[0]}; the list is not complete"
        )
    return tuple(paths), values


def _list_lines(path: Path) -> list[str]:
    try:
        content = read_regular(path, _LARGEST_LIST, follow=True)
    except PermissionError:
        raise InputError(f"list {path}: may not be read; give read permission") from None
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"list {path}: cannot be read ({reason}); give a text file") from None
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise InputError(f"list {path}: it is UTF-16 text; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"list {path}, line {line}: not UTF-8; rename the files so that their names are, and "
            "save the list as UTF-8"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def listed_marks(path: Path, root: Path, names: Sequence[str]) -> list[Mark]:
    """The mark of every listed image.

    Args:
        path: of the list, for messages.
        root: folder that the names are relative to.
        names: as listed.

    Raises:
        InputError: images are missing (names their number and the first five) or empty.
    """
    marks = _marks(root, names)
    missing = [name for name in names if name not in marks]
    if missing:
        raise InputError(
            f"image root {root}: lacks {len(missing)} of the {len(names)} images that {path} "
            f"lists, first {_first(missing)}; {why_missing(root, missing[0])}"
        )
    empty = [name for name in dict.fromkeys(names) if marks[name].size == 0]
    if empty:
        raise InputError(
            f"image root {root}: {len(empty)} image(s) are empty (zero bytes), first "
            f"{_first(empty)}; replace them"
        )
    return [marks[name] for name in names]


def _first(names: Sequence[str]) -> str:
    return ", ".join(shortened(name, _SHOWN) for name in names[:5])


def _marks(root: Path, names: Iterable[str]) -> dict[str, Mark]:
    # Reading a directory once is many times faster than asking for each of its files.
    by_folder: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folder, slash, base = name.rpartition("/")
        by_folder[folder + slash].append(base)
    marks = {}
    for folder, bases in by_folder.items():
        try:
            with os.scandir(root / folder) as entries:
                found = {entry.name: entry for entry in entries}
            for base in bases:
                if base in found and found[base].is_file():
                    marks[folder + base] = Mark.of(folder + base, found[base].stat())
        except PermissionError:
            raise InputError(
                f"folder {root / folder}: may not be read; give read permission, and permission to "
                "enter it"
            ) from None
        except (OSError, ValueError):  # nothing can be called so
            continue
    return marks


def _sources(root: Path, splits: Mapping[str, FileSplit]) -> Iterator[Source]:
    """Every image; the digest holds its path, with its split in front, and its label."""
    called = portable_names(root, [path for split in splits.values() for path in split.paths])
    for name, split in splits.items():
        for path, label in zip(split.paths, split.labels.tolist(), strict=True):
            yield Source(name, label, path, (f"{name}/{called[path]}", str(label)))


def _class_names(split: FileSplit, num_classes: int) -> tuple[str, ...]:
    """The folder of a class's images where it is one and its own, else the label."""
    folders: dict[int, set[str]] = defaultdict(set)
    for label, path in zip(split.labels.tolist(), split.paths, strict=True):
        folders[label].add(posixpath.basename(posixpath.dirname(posixpath.normpath(path))))
    names = tuple(
        folders[label].pop() if len(folders[label]) == 1 else str(label)
        for label in range(num_classes)
    )
    return names if len(set(names)) == num_classes else tuple(map(str, range(num_classes)))
