"""The cache of decoded images: written once, keyed by content, shared by memory-mapping.

An entry is a folder that appears under its name at once and complete, so that two processes may
prepare the same entry: one wins, the other one's work is thrown away.
"""

import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from imbnas.errors import InputError

FORMAT = "v1"
"""Part of every entry's name; changes with the layout or the decoding."""


def location(cache: Path, name: str) -> Path:
    """Where an entry is, or would be."""
    return cache / "images" / f"{name}-{FORMAT}"


def entry(cache: Path, name: str, build: Callable[[Path], None]) -> Path:
    """Return the folder of an entry, building it where it does not exist yet.

    Args:
        cache: the cache directory.
        name: of the entry; it must identify the content.
        build: fills the empty folder that it is given.

    Raises:
        InputError: the cache directory cannot be written.
    """
    final = location(cache, name)
    if final.is_dir():
        return final
    with _temporary_folder(final.parent) as draft:
        build(draft)
        for path in draft.iterdir():
            _sync(path)
        # Renaming onto a folder that is not empty fails: then another process was faster.
        try:
            draft.rename(final)
        except OSError:
            if not final.is_dir():
                raise
    return final


def remember(cache: Path, signature: str, fact: dict[str, Any]) -> None:
    """Keep a small fact, such as the digest of files that have this signature.

    Raises:
        InputError: the cache directory cannot be written.
    """
    final = cache / "known" / f"{signature}.json"
    with _temporary_folder(final.parent) as draft:
        path = draft / final.name
        path.write_text(json.dumps(fact, sort_keys=True), encoding="utf-8")
        _sync(path)
        path.replace(final)


def recall(cache: Path, signature: str) -> dict[str, Any] | None:
    """The fact kept under a signature, or ``None``."""
    try:
        text = (cache / "known" / f"{signature}.json").read_text(encoding="utf-8")
        return cast("dict[str, Any]", json.loads(text))
    except (OSError, ValueError):
        return None


def new_array(path: Path, shape: tuple[int, ...], dtype: str = "uint8") -> NDArray[Any]:
    """Create an array file of an entry to be filled in place.

    Raises:
        InputError: the disk is too full.
    """
    needed = math.prod(shape) * np.dtype(dtype).itemsize
    # Filling a mapped file on a full disk would kill the process without a word.
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise InputError(
            f"cache directory {path.parent.parent}: {needed >> 20} MiB are needed and "
            f"{free >> 20} MiB free; set IMBNAS_CACHE to a folder with more space"
        )
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.dtype(dtype), shape=shape)


def open_array(path: Path) -> NDArray[Any]:
    """Memory-map an array file; the pages are shared by every process that does so.

    The mapping is copy-on-write, because torch asks for writable memory; nothing writes to it.

    Raises:
        InputError: the file is damaged.
    """
    try:
        return cast("NDArray[Any]", np.load(path, mmap_mode="c", allow_pickle=False))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cache entry {path.parent}: {path.name} is damaged ({error}); remove the folder"
        ) from None


@contextmanager
def _temporary_folder(parent: Path) -> Iterator[Path]:
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=parent))
    except OSError as error:
        raise InputError(
            f"cache directory {parent}: cannot be written ({error.strerror}); "
            "set IMBNAS_CACHE to a writable folder"
        ) from None
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
