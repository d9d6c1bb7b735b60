"""The content of files, read once and remembered for the next start.

What was found out about files is remembered under the folder they lie in and, for each, its name,
inode, size and times of change. The time of the last change of an inode (ctime) cannot be set, so
that a file whose content was replaced is read again even where its size and time of modification
were kept. A folder that was copied or moved is read once more. The device is left out: network
file systems number theirs anew at every mount.
"""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import NamedTuple, TypeVar

from imbnas.data import cache as image_cache
from imbnas.data.parallel import in_parallel
from imbnas.errors import InputError
from imbnas.regular_files import IrregularFileError, open_regular
from imbnas.units.frozen import FrozenModel, canonical_json
from imbnas.units.unit import Sha256

Fact = TypeVar("Fact", bound=FrozenModel)
Found = TypeVar("Found")

LARGEST_FILE = 2**36
"""Bytes of a file of a dataset: 64 GiB, above any archive or image."""
_READ_TOGETHER = 2**20
CLOCK_STEP_NS = 20_000_000
"""Times of change are those of the kernel's clock, which goes on every 10 ms or more often."""
TOLD_AFTER, TOLD_EVERY = 5.0, 10.0
"""Seconds of reading before a line says so, and between lines."""


class Mark(NamedTuple):
    """What changes whenever a file does, without reading it.

    Attributes:
        name: path relative to the dataset's folder.
        inode: number of its inode.
        size: in bytes.
        modified_ns: time of the last change of its content, in nanoseconds; anyone can set it.
        changed_ns: time of the last change of its inode, in nanoseconds.
    """

    name: str
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, name: str, stat: os.stat_result) -> "Mark":
        """The mark of a file."""
        return cls(name, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


class Digest(FrozenModel):
    """The digest of a dataset's content."""

    digest: Sha256


def known(
    cache: Path,
    kind: tuple[str, type[Fact]],
    root: Path,
    marks: Sequence[Mark],
    find: Callable[[], Fact],
) -> Fact:
    """A fact about files, remembered as long as none of them changes.

    Args:
        cache: the cache directory.
        kind: how the files are read, and what is found.
        root: the folder that names are relative to.
        marks: of the files.
        find: reads the files.

    Raises:
        InputError: the cache directory cannot be written.
    """
    how, of_kind = kind
    key = signature(how, root, marks)
    fact = image_cache.recall(cache, key, of_kind)
    if fact is None:
        _wait_for_the_clock(marks)
        fact = find()
        image_cache.remember(cache, key, fact)
    return fact


def signature(kind: str, root: Path, marks: Iterable[Mark]) -> str:
    """Hash of what changes when files do.

    Args:
        kind: how the files are read.
        root: the folder that names are relative to; links in its path are followed.
        marks: of the files.
    """
    digest = hashlib.sha256(canonical_json([kind, str(root.resolve())]).encode())
    for name, *numbers in marks:
        # With its length in front, no name can be taken for the next line.
        digest.update(f"\n{' '.join(map(str, (*numbers, len(name))))} {name}".encode())
    return digest.hexdigest()


def content_digest(class_names: Sequence[str], lines: Iterable[tuple[str, ...]]) -> str:
    """sha256 of class names and of one line for each file.

    Args:
        class_names: by label.
        lines: name, and what else there is to say of a file; its content's sha256 last.
    """
    digest = hashlib.sha256(canonical_json(list(class_names)).encode())
    for name, *others in lines:
        # A name that could be taken for more than itself is quoted.
        written = canonical_json(name) if "\n" in name or "\t" in name else name
        digest.update("\t".join((f"\n{written}", *others)).encode())
    return digest.hexdigest()


def read_all(
    what: str, function: Callable[[Path], Found], paths: Sequence[Path]
) -> Iterator[Found]:
    """Read files in threads, results in order; tells on standard error where that takes long.

    Args:
        what: opens the line.
        function: reads one file.
        paths: of the files.
    """
    told = time.monotonic() + TOLD_AFTER - TOLD_EVERY
    for count, found in enumerate(in_parallel(function, paths)):
        if time.monotonic() - told >= TOLD_EVERY:
            told = time.monotonic()
            sys.stderr.write(
                f"{what}: read {count:,} of {len(paths):,} files; this is done once, until they "
                "change\n"
            )
        yield found


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file, in little memory.

    Raises:
        InputError: the file cannot be read.
    """
    with opened(path) as file:
        return sha256_of(file)


@contextmanager
def opened(path: Path) -> Iterator[FileIO]:
    """A file of a dataset, open for reading.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with open_regular(path, LARGEST_FILE, follow=True) as file:
            yield file
    except IrregularFileError as error:
        raise InputError(f"file {path}: {error.strerror}; replace it") from None
    except PermissionError:
        raise InputError(f"file {path}: may not be read; give read permission") from None
    except OSError as error:
        raise InputError(f"file {path}: cannot be read ({error.strerror}); replace it") from None


def sha256_of(file: FileIO) -> str:
    """Hex sha256 of an open file, from where it stands."""
    digest = hashlib.sha256()
    step = min(os.fstat(file.fileno()).st_size + 1, _READ_TOGETHER)
    while part := file.read(step):
        digest.update(part)
    return digest.hexdigest()


def _wait_for_the_clock(marks: Iterable[Mark]) -> None:
    """Let the clock go on, so that a change after the reading has another time than one before."""
    newest = max((mark.changed_ns for mark in marks), default=0)
    left = newest + CLOCK_STEP_NS - time.time_ns()
    if 0 < left <= CLOCK_STEP_NS:
        time.sleep(left / 1e9)
