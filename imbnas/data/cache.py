"""The cache of decoded images: written once, keyed by content, shared by memory-mapping.

An entry is a folder that appears under its name at once and complete, so that two processes may
prepare the same entry: one wins, the other one's work is thrown away. Every byte of it is compared
with its checksums before a process uses it; a damaged entry is made again.
"""

import json
import math
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from imbnas.data import checksums
from imbnas.errors import InputError
from imbnas.regular_files import open_regular, read_regular
from imbnas.units.frozen import FrozenModel, canonical_json, content_sha256

FORMAT = "v2"
"""Part of every entry's name; changes with the layout or the decoding."""

_LARGEST_FACT = 2**16

Fact = TypeVar("Fact", bound=FrozenModel)


def location(cache: Path, name: str) -> Path:
    """Where an entry is, or would be."""
    return cache / "images" / f"{name}-{FORMAT}"


def is_sound(cache: Path, name: str) -> bool:
    """Whether there is an entry of that name, every byte as it was written.

    Raises:
        InputError: the entry may not be read.
    """
    return checksums.damage(location(cache, name)) is None


def entry(cache: Path, name: str, build: Callable[[Path], None]) -> Path:
    """Return the folder of an entry, building it where it does not exist or is damaged.

    Args:
        cache: the cache directory.
        name: of the entry; it must identify the content.
        build: fills the empty folder that it is given.

    Raises:
        InputError: the cache directory cannot be written, or the entry may not be read.
    """
    final = location(cache, name)
    if os.path.lexists(final):
        damage = checksums.damage(final)
        if damage is None:
            return final
        sys.stderr.write(f"cache entry {final}: {damage}; it is made again\n")
    with _temporary_folder(final.parent) as draft:
        build(draft)
        checksums.seal(draft, final.name)
        for path in draft.iterdir():
            _sync(path)
        try:
            # Renaming onto a folder that is not empty fails: then another process was faster.
            draft.rename(final)
        except OSError:
            if checksums.damage(final) is not None:
                _replace(draft, final)
    return final


def remember(cache: Path, signature: str, fact: FrozenModel) -> None:
    """Keep a small fact, such as the digest of files that have this signature.

    Raises:
        InputError: the cache directory cannot be written.
    """
    final = cache / "known" / f"{signature}.json"
    kept = {"fact": fact.model_dump(mode="json"), "sha256": _fact_sha256(signature, fact)}
    with _temporary_folder(final.parent) as draft:
        path = draft / final.name
        path.write_text(canonical_json(kept), encoding="utf-8")
        _sync(path)
        try:
            path.replace(final)
        except OSError:
            _replace(path, final)


def recall(cache: Path, signature: str, kind: type[Fact]) -> Fact | None:
    """The fact of a kind that is kept under a signature, or ``None``.

    What is damaged, of another kind, or no regular file counts as not there.
    """
    try:
        kept = json.loads(read_regular(cache / "known" / f"{signature}.json", _LARGEST_FACT))
        fact = kind.model_validate(kept["fact"])
        return fact if kept["sha256"] == _fact_sha256(signature, fact) else None
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None


def _fact_sha256(signature: str, fact: FrozenModel) -> str:
    return content_sha256([signature, fact.model_dump(mode="json")])


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
        with open_regular(path, checksums.LARGEST_FILE) as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError("its format is not 1.0")
            shape, by_column, dtype = np.lib.format.read_array_header_1_0(file)
            if dtype.hasobject:
                raise ValueError("it holds Python objects")
            order: Literal["F", "C"] = "F" if by_column else "C"
            return np.memmap(file, dtype, "c", file.tell(), shape, order)
    except Exception as error:
        # NumPy raises many kinds, EOFError for an empty file, which click takes for Ctrl-D.
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"cache entry {path.parent}: {path.name} is damaged ({reason}); remove the folder"
        ) from None


@contextmanager
def _temporary_folder(parent: Path) -> Iterator[Path]:
    # One of tempfile's would be closed to others who share the cache.
    draft = parent / f".draft-{secrets.token_hex(8)}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
    except OSError as error:
        raise InputError(
            f"cache directory {parent}: cannot be written ({error.strerror}); "
            "set IMBNAS_CACHE to a writable folder"
        ) from None
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _replace(path: Path, final: Path) -> None:
    """Put a file or folder in the place of whatever is there.

    Raises:
        InputError: that cannot be moved away.
    """
    try:
        with _temporary_folder(final.parent) as aside:
            final.rename(aside / "damaged")
            path.rename(final)
    except OSError as error:
        raise InputError(
            f"cache entry {final}: it is damaged and cannot be replaced ({error.strerror}); "
            "remove it, or set IMBNAS_CACHE to another folder"
        ) from None


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
