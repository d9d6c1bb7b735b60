"""Datasets of small images that torchvision knows: CIFAR, SVHN and Fashion-MNIST."""

import gzip
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbnas.data import cache as image_cache
from imbnas.data.content import Digest, Mark, known
from imbnas.data.dataset import ArraySplit, Dataset, array_digest
from imbnas.data.image_folder import load_folder
from imbnas.data.locations import DataLocations
from imbnas.data.prepared import read_prepared, write_prepared
from imbnas.errors import InputError

FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
DEBIAN_FASHION = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts the files."""

LARGEST_IDX = 2**30
"""Bytes of an unpacked IDX file, twenty times those of MNIST's training images."""


class ImagesMissingError(InputError):
    """The files of a published dataset are nowhere that was looked at, and may not be fetched."""


@dataclass(frozen=True, eq=False)
class RawDataset:
    """What published files hold: names by label, and the two splits."""

    class_names: tuple[str, ...]
    train: ArraySplit
    test: ArraySplit


@dataclass(frozen=True)
class Published:
    """A dataset with published files.

    Attributes:
        name: of the dataset.
        torchvision: name of torchvision's class, which downloads and checks the files.
        downloads: keyword arguments of the torchvision objects that together get all files.
        files: what must be there, relative to a base folder.
        layouts: sub-folders of a candidate folder that may be the base folder.
        read: reads the base folder.
        also: folders to look in when nothing is found under the locations.
        archives: how published archives are called, without their suffix.
    """

    name: str
    torchvision: str
    downloads: tuple[Mapping[str, Any], ...]
    files: tuple[str, ...]
    layouts: tuple[str, ...]
    read: Callable[[Path], RawDataset]
    also: tuple[Path, ...] = ()
    archives: tuple[str, ...] = ()

    def load(self, locations: DataLocations) -> Dataset:
        """Find the published files or an image folder, else download the files.

        Args:
            locations: where to look, and whether downloading is allowed.

        Raises:
            ImagesMissingError: not found, not given by name, and not to be downloaded.
            InputError: not found where it was given by name, found in part or as an archive, or
                damaged.
        """
        candidates, given = locations.candidates(self.name), locations.named(self.name)
        downloads = locations.downloads(self.name)
        if given is None:
            candidates += (*self.also, downloads)
        for candidate in candidates:
            base = self._base(candidate)
            if base is not None:
                return self._load_files(base, locations.cache)
            if (candidate / "train").is_dir() and candidate != locations.root:
                return load_folder(self.name, candidate, locations.cache)
        # What was meant to be taken is no reason for a download.
        self._refuse_parts(locations)
        if given is not None:
            raise InputError(_not_found(self.name, candidates))
        if locations.offline:
            raise ImagesMissingError(_not_found(self.name, candidates))
        _download(self, downloads)
        base = self._base(downloads)
        if base is None:
            raise InputError(f"dataset {self.name!r}: the download is not complete; try again")
        return self._load_files(base, locations.cache)

    def _refuse_parts(self, locations: DataLocations) -> None:
        """Refuse an archive, and files that are not complete, where users put data."""
        for folder in locations.candidates(self.name):
            for base in self._bases(folder):
                lacking = self._lacking(base)
                if 0 < len(lacking) < len(self.files):
                    raise InputError(
                        f"dataset {self.name!r}: {base} lacks {', '.join(lacking)}, "
                        f"{len(lacking)} of {len(self.files)} files; unpack its archive once more"
                    )
            if not self._lacking(folder):
                raise InputError(
                    f"dataset {self.name!r}: its files lie in {folder}; move them into "
                    f"{folder / self.layouts[0]}, as their archive has them"
                )
        packed = locations.packed(self.name, self.archives)
        if packed is not None:
            raise InputError(f"dataset {self.name!r} not found: {packed}")

    def _lacking(self, base: Path) -> list[str]:
        return [name for name in self.files if not _plain_or_zipped(base, name).is_file()]

    def _bases(self, folder: Path) -> list[Path]:
        bases = [folder / layout for layout in self.layouts]
        return [*bases, folder] if folder.name in self.layouts else bases

    def _base(self, folder: Path) -> Path | None:
        """The folder at or below a candidate that holds all files."""
        for base in self._bases(folder):
            if not self._lacking(base):
                return base
        return None

    def _load_files(self, base: Path, cache: Path) -> Dataset:
        def decode() -> Digest:
            raw = self._checked(base)
            digest = array_digest(raw.class_names, raw.train, raw.test)
            image_cache.entry(cache, digest, lambda folder: _write(raw, folder))
            return Digest(digest=digest)

        files = [_plain_or_zipped(base, name) for name in self.files]
        marks = [Mark.of(path.name, path.stat()) for path in files]
        digest = known(cache, (self.torchvision, Digest), base, marks, decode).digest
        if not image_cache.is_sound(cache, digest):
            digest = decode().digest
        return read_prepared(image_cache.location(cache, digest), self.name, digest)

    def _checked(self, base: Path) -> RawDataset:
        try:
            return self.read(base)
        except InputError:
            raise
        except PermissionError as error:
            raise InputError(
                f"dataset {self.name!r}: {error.filename or base} may not be read; give read "
                "permission"
            ) from None
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"dataset {self.name!r}: the files in {base} are damaged "
                f"({_one_line(error)}); replace them"
            ) from None


def _read_cifar(name: str, base: Path) -> RawDataset:
    from torchvision import datasets
    from torchvision.datasets.utils import check_integrity

    source = getattr(datasets, name)
    hashes = [*source.train_list, *source.test_list, (source.meta["filename"], source.meta["md5"])]
    damaged = [file for file, md5 in hashes if not check_integrity(str(base / file), md5)]
    if damaged:
        raise ValueError(f"{', '.join(damaged)}: not as published")
    parts = [source(base.parent, train=train) for train in (True, False)]
    splits = [ArraySplit(np.asarray(part.targets, np.int64), part.data) for part in parts]
    return RawDataset(tuple(parts[0].classes), *splits)


def _read_svhn(base: Path) -> RawDataset:
    from torchvision.datasets import SVHN

    splits = []
    for name in ("train", "test"):
        part = SVHN(base, split=name)
        images = np.ascontiguousarray(part.data.transpose(0, 2, 3, 1))
        splits.append(ArraySplit(part.labels.astype(np.int64), images))
    return RawDataset(tuple(str(digit) for digit in range(10)), *splits)


def _read_fashion(base: Path) -> RawDataset:
    splits = []
    for prefix in ("train", "t10k"):
        images = read_idx(_plain_or_zipped(base, f"{prefix}-images-idx3-ubyte"))
        labels = read_idx(_plain_or_zipped(base, f"{prefix}-labels-idx1-ubyte"))
        splits.append(ArraySplit(labels.astype(np.int64), images[..., np.newaxis]))
    return RawDataset(FASHION_CLASSES, *splits)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes (LeCun's MNIST format), gzipped or not.

    Raises:
        InputError: the file is damaged or holds something else.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(LARGEST_IDX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: damaged or truncated ({error}); replace it") from None
    if len(content) > LARGEST_IDX:
        raise InputError(f"{path}: holds more than {LARGEST_IDX:,} bytes; replace it")
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise InputError(f"{path}: not an IDX file of bytes; replace it")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise InputError(f"{path}: truncated in its head; replace it")
    shape = tuple(np.frombuffer(content[4:start], dtype=">u4").tolist())
    values = np.frombuffer(content[start:], dtype=np.uint8)
    if values.size != math.prod(shape):
        raise InputError(f"{path}: truncated; its head promises {shape} values; replace it")
    return values.reshape(shape)


def _plain_or_zipped(base: Path, name: str) -> Path:
    return base / name if (base / name).is_file() else base / f"{name}.gz"


# 50,000 + 10,000 colour images of 32x32 pixels (Krizhevsky 2009).
CIFAR10 = Published(
    name="cifar10",
    torchvision="CIFAR10",
    downloads=({"train": True},),
    files=(*(f"data_batch_{part}" for part in range(1, 6)), "test_batch", "batches.meta"),
    layouts=("cifar-10-batches-py",),
    read=partial(_read_cifar, "CIFAR10"),
    archives=("cifar-10-python", "cifar-10-batches-py"),
)

# 50,000 + 10,000 colour images of 32x32 pixels (Krizhevsky 2009).
CIFAR100 = Published(
    name="cifar100",
    torchvision="CIFAR100",
    downloads=({"train": True},),
    files=("train", "test", "meta"),
    layouts=("cifar-100-python",),
    read=partial(_read_cifar, "CIFAR100"),
    archives=("cifar-100-python",),
)

# Cropped: 73,257 + 26,032 colour images of 32x32 pixels (Netzer et al. 2011).
SVHN = Published(
    name="svhn",
    torchvision="SVHN",
    downloads=({"split": "train"}, {"split": "test"}),
    files=("train_32x32.mat", "test_32x32.mat"),
    layouts=(".",),
    read=_read_svhn,
)

# 60,000 + 10,000 grey images of 28x28 pixels (Xiao et al. 2017).
FASHION_MNIST = Published(
    name="fashion-mnist",
    torchvision="FashionMNIST",
    downloads=({"train": True},),
    files=(
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ),
    layouts=(".", "raw", "FashionMNIST/raw"),
    read=_read_fashion,
    also=(DEBIAN_FASHION,),
    archives=("FashionMNIST",),
)


def _not_found(name: str, candidates: tuple[Path, ...]) -> str:
    looked = ", ".join(str(path) for path in candidates)
    return (
        f"dataset {name!r} not found (looked in: {looked}); (1) leave out --offline to download "
        f"it, (2) put its published files or an image folder into DATA/{name} and give "
        f"--data-root DATA or IMBNAS_DATA=DATA, or (3) give a folder with --dataset {name}=FOLDER"
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _download(published: Published, folder: Path) -> None:
    from torchvision import datasets

    source = getattr(datasets, published.torchvision)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for arguments in published.downloads:
            source(folder, download=True, **arguments)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"dataset {published.name!r}: the download failed ({_one_line(error)}); try "
            f"again, or give its files with --dataset {published.name}=FOLDER"
        ) from None


def _write(raw: RawDataset, folder: Path) -> None:
    splits = {"train": raw.train, "test": raw.test}
    for name, split in splits.items():
        by_channel = split.images.transpose(0, 3, 1, 2)
        image_cache.new_array(folder / f"{name}.images.npy", by_channel.shape)[:] = by_channel
    write_prepared(folder, raw.class_names, {name: split.labels for name, split in splits.items()})
