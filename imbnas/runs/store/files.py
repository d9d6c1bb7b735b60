"""Writes files that are whole or absent; what is published once stays as it is."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from imbnas.file_systems import FULL, NO_LINKS, past_stale, remove, sync_folder
from imbnas.runs.store.owner import is_running, own_place

_TEMPORARY = re.compile(r"(?P<place>.+)\.(?P<pid>[0-9]{1,9})\.[0-9a-f]+\.tmp", re.DOTALL)


def temporary_path(folder: Path) -> Path:
    """A name that nobody else uses, and that tells its owner's place and process."""
    return folder / f"{own_place().short}.{os.getpid()}.{uuid4().hex}.tmp"


@contextmanager
def temporary_file(folder: Path, content: bytes, durable: bool = True) -> Iterator[Path]:
    """A file whose name holds its owner's place and process, deleted at the end if still there.

    Args:
        folder: made where it is missing.
        content: of the file.
        durable: whether it must survive a power cut, which means waiting for the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = temporary_path(folder)
    file = path.open("xb")  # what is there already is another's, and stays
    try:
        _write(file, content, durable)
        yield path
    finally:
        remove(path)


def _write(file: BinaryIO, content: bytes, durable: bool) -> None:
    try:
        with file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        # The system reports a full disk without a name; messages should say which disk.
        error.filename = error.filename or str(Path(file.name).parent)
        raise


def publish_once(path: Path, content: bytes, temporary: Path, durable: bool = True) -> bool:
    """Create ``path`` with ``content`` unless it exists, never leaving it half written.

    Args:
        path: the final name.
        content: the whole file.
        temporary: folder for the temporary file, on the same file system.
        durable: whether it must survive a power cut.

    Returns:
        Whether this call created the file; an existing one means that another has won.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(temporary, content, durable) as draft:
        try:
            past_stale(lambda: os.link(draft, path))
        except FileExistsError:
            # NFS may have linked it, lost its answer, and been asked again.
            if not _is_same(draft, path):
                return False
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            # Without hard links a rename is safe because only the claim's owner publishes.
            if os.path.lexists(path):
                return False
            past_stale(lambda: draft.replace(path))
    if durable:
        sync_folder(path.parent)
    return True


def _is_same(draft: Path, path: Path) -> bool:
    try:
        return os.path.samestat(draft.lstat(), path.lstat())
    except OSError:
        return False


def publish_linked(
    source: Path, path: Path, temporary: Path, check: Callable[[Path], bool]
) -> bool:
    """Publish a file that lies elsewhere as ``path`` without a copy, by a hard link.

    Args:
        source: the file.
        path: the final name.
        temporary: folder for the link before it is checked, on the file system of ``path``.
        check: whether what was linked, which may be a link itself, is as it should be.

    Returns:
        Whether this call created ``path``; if not, something lies there, the file systems allow no
        such link, or the check failed.
    """
    temporary.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = temporary_path(temporary)
    try:
        os.link(source, draft, follow_symlinks=False)
    except OSError as error:
        return _not_full(error)
    try:
        if not check(draft):
            return False
        os.link(draft, path)
    except OSError as error:
        return _not_full(error)
    finally:
        remove(draft)
    sync_folder(path.parent)
    return True


def _not_full(error: OSError) -> bool:
    """``False`` for an error after which a copy may still succeed.

    Raises:
        OSError: the disk is full.
    """
    if error.errno in FULL:
        raise error
    return False


def replace_file(path: Path, content: bytes, temporary: Path) -> None:
    """Replace ``path`` by ``content`` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(temporary, content) as draft:
        past_stale(lambda: draft.replace(path))
    sync_folder(path.parent)


def remove_orphans(temporary: Path) -> None:
    """Delete temporary files whose writers in this place are gone; those of others are theirs."""
    here = own_place().short
    for path in temporary.glob("*.tmp"):
        named = _TEMPORARY.fullmatch(path.name)
        if named and named["place"] == here and not is_running(int(named["pid"])):
            with suppress(IsADirectoryError, PermissionError):  # no writer leaves a folder
                remove(path)
