"""Reads many small files, several at a time: a disk answers many requests as fast as one."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

from imbnas.regular_files import IrregularFileError, read_regular

THREADS = 8
BATCH = 2048
"""Files held in memory at once."""
SMALL = 2**18
"""Bytes of a file that is held; larger ones are read one by one."""


def read_files(
    files: Sequence[os.DirEntry[str]], limit: int, *, follow: bool = False
) -> Iterator[tuple[str, bytes | OSError]]:
    """Path and content of every file, in the order given; an error in place of a content.

    Files are requested in the order of their inodes, which is roughly their order on disk.

    Args:
        files: what is listed there; it need not be files.
        limit: most bytes that a file may have.
        follow: see ``read_regular``.
    """
    read_all = partial(_read_all, limit=min(limit, SMALL), follow=follow)
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            placed = sorted(batch, key=os.DirEntry.inode)
            shares = [[entry.path for entry in placed[i::THREADS]] for i in range(THREADS)]
            contents = dict(chain.from_iterable(pool.map(read_all, shares)))
            for entry in batch:
                content = contents.pop(entry.path)
                if isinstance(content, IrregularFileError) and limit > SMALL:
                    content = _read(entry.path, limit, follow)
                yield entry.path, content


def _read_all(paths: list[str], limit: int, follow: bool) -> list[tuple[str, bytes | OSError]]:
    return [(path, _read(path, limit, follow)) for path in paths]


def _read(path: str, limit: int, follow: bool) -> bytes | OSError:
    try:
        return read_regular(path, limit, follow=follow)
    except OSError as error:
        return error
