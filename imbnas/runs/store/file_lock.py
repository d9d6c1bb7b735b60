"""A lock between processes, on whatever hosts, for changes that no single step can make."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imbnas.errors import InputError
from imbnas.file_systems import NO_LOCKS

WAIT_SECONDS = 60.0
_STEP_SECONDS = 0.02


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
    descriptor, held = _acquired(path)
    try:
        yield
    finally:
        with suppress(OSError):
            # Where nothing is locked, others may be using the file at this moment.
            if held and _names(path, descriptor):
                path.unlink()
        os.close(descriptor)


def _acquired(path: Path) -> tuple[int, bool]:
    """Descriptor of a file that still has its name, and whether it is locked."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o666)
        try:
            held = _lock(descriptor)
            if held is not False and _names(path, descriptor):
                return descriptor, bool(held)
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


def _lock(descriptor: int) -> bool | None:
    """Whether the lock is held now; ``None`` where there are no locks."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return None
    return True


def _names(path: Path, descriptor: int) -> bool:
    """Whether a file still has its name: who held the lock before has taken it away."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
