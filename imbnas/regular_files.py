"""Reads files that anyone may have put there: only regular ones, never waiting, up to a size.

A FIFO, a socket, a device or a link in the place of a file could block the reader or fill its
memory.
"""

import errno
import os
import stat
from io import FileIO
from pathlib import Path

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class IrregularFileError(OSError):
    """What lies there is no regular file, or is too large; ``strerror`` says which."""

    def __init__(self, path: Path | str, fault: str) -> None:
        super().__init__(errno.EINVAL, fault, str(path))


def open_regular(path: Path | str, limit: int, *, follow: bool = False) -> FileIO:
    """Open a regular file for reading, unbuffered.

    Args:
        path: of the file.
        limit: most bytes that such a file may have.
        follow: whether a link in the last place of the path may lead to the file, as for files
            that users name; links in front of it are always followed.

    Raises:
        FileNotFoundError: nothing lies there, or a followed link leads nowhere.
        IrregularFileError: it is no regular file, or has more than ``limit`` bytes.
        OSError: it cannot be opened.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        descriptor = os.open(path, flags if follow else flags | os.O_NOFOLLOW)
    except OSError as error:
        raise _explained(path, error, follow) from None
    try:
        found = os.fstat(descriptor)
        kind = stat.S_IFMT(found.st_mode)
        if kind != stat.S_IFREG:
            raise IrregularFileError(path, f"it is {_KINDS.get(kind, 'no regular file')}")
        if found.st_size > limit:
            raise IrregularFileError(path, f"it has {found.st_size:,} bytes, more than {limit:,}")
        return os.fdopen(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path | str, limit: int, *, follow: bool = False) -> bytes:
    """The content of a regular file; arguments and errors are those of ``open_regular``.

    Raises:
        IrregularFileError: it grew beyond ``limit`` while it was read.
    """
    with open_regular(path, limit, follow=follow) as file:
        size = os.fstat(file.fileno()).st_size
        parts: list[bytes] = []
        held = 0
        # One byte more than there should be shows that the file grew.
        while part := file.read(min(limit, max(size, held)) + 1 - held):
            parts.append(part)
            held += len(part)
            if held > limit:
                raise IrregularFileError(path, f"it has more than {limit:,} bytes")
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _explained(path: Path | str, error: OSError, follow: bool) -> OSError:
    if error.errno == errno.ELOOP:
        what = "links that lead to each other" if follow else "a link"
        return IrregularFileError(path, f"it is {what}")
    if error.errno == errno.ENXIO:
        return IrregularFileError(path, "it is a socket, or a device without a driver")
    return error
