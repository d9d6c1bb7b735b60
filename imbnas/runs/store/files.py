"""Writes files that are whole or absent; what is published once stays as it is."""

import errno
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_TEMPORARY = re.compile(r"(?P<host>.+)\.(?P<pid>[0-9]{1,9})\.[0-9a-f]+\.tmp", re.DOTALL)


def temporary_path(folder: Path) -> Path:
    """A name that nobody else uses, and that tells its owner's host and process."""
    return folder / f"{socket.gethostname()}.{os.getpid()}.{uuid4().hex}.tmp"


@contextmanager
def temporary_file(folder: Path, content: bytes, durable: bool = True) -> Iterator[Path]:
    """A file whose name holds its owner's host and process, deleted at the end if still there.

    Args:
        folder: made where it is missing.
        content: of the file.
        durable: whether it must survive a power cut, which means waiting for the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = temporary_path(folder)
    try:
        _write(path, content, durable)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes, durable: bool) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        # The system reports a full disk without a name; messages should say which disk.
        error.filename = error.filename or str(path.parent)
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
            os.link(draft, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # Without hard links a rename is safe because only the claim's owner publishes.
            if os.path.lexists(path):
                return False
            draft.replace(path)
    if durable:
        _sync_folder(path.parent)
    return True


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
        if not check(draft):
            return False
        os.link(draft, path)
    except OSError as error:
        if error.errno in _FULL:
            raise
        return False
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return True


def replace_file(path: Path, content: bytes, temporary: Path) -> None:
    """Replace ``path`` by ``content`` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(temporary, content) as draft:
        draft.replace(path)
    _sync_folder(path.parent)


def remove_orphans(temporary: Path) -> None:
    """Delete temporary files whose writers on this host are gone."""
    import psutil

    for path in temporary.glob("*.tmp"):
        named = _TEMPORARY.fullmatch(path.name)
        if named and named["host"] == socket.gethostname():
            if psutil.pid_exists(int(named["pid"])):
                continue
            with suppress(IsADirectoryError):  # no writer leaves one
                path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
