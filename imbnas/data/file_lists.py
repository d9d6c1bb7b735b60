"""Datasets published as list files, one ``path label`` per line, beside a tree of large images."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imbnas.data.content import Digest, Mark, content_digest, file_sha256, known, read_all
from imbnas.data.dataset import Dataset, FileSplit
from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.regular_files import read_regular

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

_LARGEST_LIST = 2**30
"""Bytes of a list: 1 GiB, ten million images and more."""
_MOST_DIGITS = 18


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
            every file's content. A list that is not the published one is named in the notes.

        Raises:
            InputError: a list or an image is missing, or a list is malformed.
        """
        root, folder = self._find(locations)
        splits: dict[str, FileSplit] = {}
        marks: list[Mark] = []
        notes = []
        for split, file_name in self.lists.items():
            path = folder / file_name
            paths, labels = read_list(path, self.num_classes)
            marks += listed_marks(path, root, paths)
            splits[split] = FileSplit(labels, root, paths)
            expected = self.sha256.get(split)
            if expected and file_sha256(path) != expected:
                notes.append(f"dataset {self.name}: {path} is not the published list")
        class_names = _class_names(splits["train"], self.num_classes)

        def read() -> Digest:
            paths = [root / mark.name for mark in marks]
            contents = read_all(f"dataset {self.name}", file_sha256, paths)
            lines = ((*line, sha) for line, sha in zip(_lines(splits), contents, strict=True))
            return Digest(digest=content_digest(class_names, lines))

        listed = [
            mark._replace(name="\t".join(line))
            for mark, line in zip(marks, _lines(splits), strict=True)
        ]
        digest = known(locations.cache, ("list files", Digest), root, listed, read).digest
        return file_dataset(self.name, class_names, splits, digest, notes)

    def _find(self, locations: DataLocations) -> tuple[Path, Path]:
        candidates = locations.candidates(self.name)
        train = self.lists["train"]
        for root in candidates:
            for folder in (root, root / "lists"):
                if (folder / train).is_file():
                    return root, folder
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
        path: of a text file with one ``path label`` per line; empty lines are passed over.
        num_classes: labels are below it.

    Returns:
        N paths as written, and (N,) int64 labels.

    Raises:
        InputError: names the file and the line of what is wrong.
    """
    try:
        lines = read_regular(path, _LARGEST_LIST, follow=True).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"list {path}: cannot be read ({reason}); give a text file") from None
    paths, labels = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, _, label = line.strip().rpartition(" ")
        if not name or not label.isdecimal():
            raise InputError(f"list {path}, line {number}: no label; write PATH LABEL")
        if len(label) > _MOST_DIGITS or int(label) >= num_classes:
            raise InputError(
                f"list {path}, line {number}: label {label[:_MOST_DIGITS]} is out of range; "
                f"labels are 0 to {num_classes - 1}"
            )
        paths.append(name.rstrip())
        labels.append(int(label))
    values = np.asarray(labels, dtype=np.int64)
    absent = np.flatnonzero(np.bincount(values, minlength=num_classes) == 0)
    if len(absent):
        raise InputError(
            f"list {path}: {len(absent)} of {num_classes} classes have no image, first class "
            f"{absent[0]}; the list is not complete"
        )
    return tuple(paths), values


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
            f"lists, first {', '.join(missing[:5])}; give the folder that the paths start from"
        )
    empty = [name for name in names if marks[name].size == 0]
    if empty:
        raise InputError(
            f"image root {root}: {len(empty)} image(s) are empty (zero bytes), first "
            f"{', '.join(empty[:5])}; replace them"
        )
    return [marks[name] for name in names]


def _marks(root: Path, names: Iterable[str]) -> dict[str, Mark]:
    # Reading a directory once is many times faster than asking for each of its files.
    by_folder: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folder, _, base = name.rpartition("/")
        by_folder[folder].append(base)
    marks = {}
    for folder, bases in by_folder.items():
        try:
            with os.scandir(root / folder) as entries:
                found = {entry.name: entry for entry in entries}
        except OSError:
            continue
        prefix = f"{folder}/" if folder else ""
        for base in bases:
            if base in found and found[base].is_file():
                marks[prefix + base] = Mark.of(prefix + base, found[base].stat())
    return marks


def _lines(splits: Mapping[str, FileSplit]) -> Iterator[tuple[str, str]]:
    """Path, with its split in front, and label of every image."""
    for name, split in splits.items():
        for path, label in zip(split.paths, split.labels.tolist(), strict=True):
            yield f"{name}/{path}", str(label)


def _class_names(split: FileSplit, num_classes: int) -> tuple[str, ...]:
    """The folder of a class's images where it is one and its own, else the label."""
    folders: dict[int, set[str]] = defaultdict(set)
    for label, path in zip(split.labels.tolist(), split.paths, strict=True):
        folders[label].add(path.rpartition("/")[0].rpartition("/")[2])
    names = tuple(
        folders[label].pop() if len(folders[label]) == 1 else str(label)
        for label in range(num_classes)
    )
    return names if len(set(names)) == num_classes else tuple(map(str, range(num_classes)))
