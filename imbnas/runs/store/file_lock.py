"""A lock between processes, on whatever hosts, for changes that no single step can make."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imbnas.errors import InputError

WAIT_SECONDS = 60.0
_STEP_SECONDS = 0.02
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock, which ends with this process at the latest.

    On file systems without locks nothing is held.

    Args:
        path: of the file that stands for the lock; it is there while the lock is held.

    Raises:
        InputError: others hold it for a minute.
        OSError: the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _acquired(path)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _acquired(path: Path) -> int:
    """Descriptor of a locked file that still has its name."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o666)
        try:
            if _lock(descriptor) and _names(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if time.monotonic() > end:
            raise InputError(
                f"{path}: another process holds this lock for more than {WAIT_SECONDS:g} seconds; "
                "end it, or give the same command later"
            )
        time.sleep(_STEP_SECONDS)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True


def _names(path: Path, descriptor: int) -> bool:
    """Whether a file still has its name: who held the lock before has taken it away."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
