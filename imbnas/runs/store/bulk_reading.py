"""Reads many small files, several at a time: a disk answers many requests as fast as one."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, zip_longest

from imbnas.regular_files import IrregularFileError, read_regular

THREADS = 8
BATCH = 2048
"""Files that are read together; two batches are held in memory at once."""
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
    batches = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
    with ThreadPoolExecutor(THREADS) as pool:
        coming = pool.map(read_all, _shares(batches[0])) if batches else iter(())
        for batch, following in zip_longest(batches, batches[1:]):
            contents = dict(chain.from_iterable(coming))
            # Read while what is here is looked at.
            coming = pool.map(read_all, _shares(following)) if following else iter(())
            for entry in batch:
                content = contents.pop(entry.path)
                if isinstance(content, IrregularFileError) and limit > SMALL:
                    content = _read(entry.path, limit, follow)
                yield entry.path, content


def _shares(batch: Sequence[os.DirEntry[str]]) -> list[list[str]]:
    """Paths of a batch for each thread, in the order of the inodes."""
    placed = sorted(batch, key=os.DirEntry.inode)
    return [[entry.path for entry in placed[i::THREADS]] for i in range(THREADS)]


def _read_all(paths: list[str], limit: int, follow: bool) -> list[tuple[str, bytes | OSError]]:
    return [(path, _read(path, limit, follow)) for path in paths]


def _read(path: str, limit: int, follow: bool) -> bytes | OSError:
    try:
        return read_regular(path, limit, follow=follow)
    except OSError as error:
        return error
