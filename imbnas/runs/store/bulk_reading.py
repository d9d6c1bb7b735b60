"""Reads many small files, several at a time: a disk answers many requests as fast as one."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

THREADS = 8
BATCH = 2048
"""Files held in memory at once."""


def read_files(files: Sequence[os.DirEntry[str]]) -> Iterator[tuple[str, bytes | OSError]]:
    """Path and content of every file, in the order given; an error in place of a content.

    Files are requested in the order of their inodes, which is roughly their order on disk.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            placed = sorted(batch, key=os.DirEntry.inode)
            shares = [[entry.path for entry in placed[i::THREADS]] for i in range(THREADS)]
            contents = dict(chain.from_iterable(pool.map(_read_all, shares)))
            for entry in batch:
                yield entry.path, contents.pop(entry.path)


def _read_all(paths: list[str]) -> list[tuple[str, bytes | OSError]]:
    return [(path, _read(path)) for path in paths]


def _read(path: str) -> bytes | OSError:
    try:
        # A Path and a buffer would take half as long again.
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        return error
