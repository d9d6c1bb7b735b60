"""Reads files that anyone may have put there: only regular ones, never waiting, up to a size.

A FIFO, a socket, a device or a link in the place of a file could block the reader or fill its
memory.
"""

import errno
import io
import os
import stat
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TextIO

from imbnas.file_systems import past_stale


def _flags(*names: str) -> int:
    """Those flags of ``os.open`` that this system has."""
    return reduce(or_, (getattr(os, name, 0) for name in names))


_NO_FOLLOW = _flags("O_NOFOLLOW")
_WITHOUT_WAITING = _flags("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
_READING = os.O_RDONLY | _WITHOUT_WAITING
_PART_BYTES = 2**20
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


def open_regular(path: Path | str, limit: int, *, follow: bool = False) -> io.FileIO:
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
    descriptor, _ = past_stale(lambda: _opened(path, limit, follow))
    return os.fdopen(descriptor, "rb", buffering=0)


def read_regular(path: Path | str, limit: int, *, follow: bool = False) -> bytes:
    """The content of a regular file; arguments and errors are those of ``open_regular``.

    Raises:
        IrregularFileError: it grew beyond ``limit`` while it was read.
    """
    return past_stale(lambda: _read(path, limit, follow))


def _read(path: Path | str, limit: int, follow: bool) -> bytes:
    descriptor, size = _opened(path, limit, follow)
    try:
        # One byte more than there should be shows that the file grew.
        content = os.read(descriptor, size + 1)
        if len(content) == size:
            return content
        parts, held = [content], len(content)
        while held <= limit and (part := os.read(descriptor, min(limit + 1 - held, _PART_BYTES))):
            parts.append(part)
            held += len(part)
        if held > limit:
            raise IrregularFileError(path, f"it has more than {limit:,} bytes")
        return b"".join(parts)
    finally:
        os.close(descriptor)


def read_text(path: Path | str, limit: int, *, follow: bool = False) -> str:
    r"""The UTF-8 text of a regular file, every line ending as ``\n``; see ``read_regular``.

    Raises:
        UnicodeDecodeError: it is not UTF-8 text.
    """
    content = read_regular(path, limit, follow=follow)
    return io.IncrementalNewlineDecoder(None, translate=True).decode(content.decode(), final=True)


def append_regular(path: Path | str) -> TextIO:
    """Open a regular file, made where nothing lies there, for lines at its end.

    What cannot be said in UTF-8 is written with backslashes.

    Raises:
        IrregularFileError: what lies there is no regular file.
        OSError: it cannot be opened.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_FOLLOW | _WITHOUT_WAITING
    descriptor = _regular(path, flags)[0]
    return os.fdopen(descriptor, "a", encoding="utf-8", buffering=1, errors="backslashreplace")


def _opened(path: Path | str, limit: int, follow: bool) -> tuple[int, int]:
    """Descriptor for reading and size of a regular file of at most ``limit`` bytes."""
    descriptor, size = _regular(path, _READING if follow else _READING | _NO_FOLLOW)
    if size > limit:
        os.close(descriptor)
        raise IrregularFileError(path, f"it has {size:,} bytes, more than {limit:,}")
    return descriptor, size


def _regular(path: Path | str, flags: int) -> tuple[int, int]:
    """Descriptor and size of a regular file."""
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        raise _explained(path, error, not flags & _NO_FOLLOW) from None
    except ValueError:  # a zero byte, or half a surrogate pair
        raise IrregularFileError(path, "no file can have that name") from None
    try:
        found = os.fstat(descriptor)
        kind = stat.S_IFMT(found.st_mode)
        if kind != stat.S_IFREG:
            raise IrregularFileError(path, f"it is {_KINDS.get(kind, 'no regular file')}")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, found.st_size


def _explained(path: Path | str, error: OSError, follow: bool) -> OSError:
    if error.errno == errno.ELOOP:
        what = "links that lead to each other" if follow else "a link"
        return IrregularFileError(path, f"it is {what}")
    if error.errno == errno.EISDIR:  # opened for writing
        return IrregularFileError(path, "it is a folder")
    if error.errno == errno.ENXIO:
        return IrregularFileError(path, "it is a socket, a FIFO or a device that nobody serves")
    return error
