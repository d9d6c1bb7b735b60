"""What file systems answer where they cannot do something, and what else they leave in folders.

The one list of answers that are tolerated, and of those that are nobody's fault but the disk's.
"""

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

NO_LINKS: Final = frozenset({
    errno.EPERM,  # FAT, exFAT; Linux with protected_hardlinks
    errno.EACCES,  # Samba, Android, NFS with squashed users
    errno.EIO,  # some of FUSE: object stores, sshfs
    errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP,
    errno.EXDEV,  # union file systems
    errno.EMLINK,
})  # fmt: skip
"""Answers to a hard link after which a file is renamed instead; a faulty disk refuses that, too."""

NO_LOCKS: Final = frozenset({
    errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.EIO,
})  # fmt: skip
"""Answers to a lock after which nothing is locked."""

NO_FOLDER_SYNC: Final = frozenset({
    errno.EINVAL,  # Samba, 9p, VirtualBox, some of FUSE
    errno.EACCES, errno.EPERM, errno.EISDIR, errno.EBADF,
    errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP,
})  # fmt: skip
"""Answers to a request to write a folder to disk: the file in it is on disk, its name soon."""

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""The disk takes nothing more."""

ROOM_HELPS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG})
"""Answers after which users are told to free some space."""

READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
"""Nothing may be written there."""

DISK_FAULTS: Final = FULL | READ_ONLY | {
    errno.EIO, errno.EFBIG, errno.ESTALE,
    errno.ENOTCONN, errno.ENODEV,  # a mount that has gone
}  # fmt: skip
"""Answers that say nothing of a unit, but that nothing can be stored or read."""

OBSTRUCTED: Final = frozenset({
    errno.EBUSY, errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENOTDIR, errno.ENOTEMPTY,
})  # fmt: skip
"""What a folder in the place of a file, or a file in the place of a folder, answers."""

_STALE_SECONDS: Final = (0.0, 0.05, 0.5)

_SYSTEMS_OWN: Final = frozenset({
    "lost+found", "Thumbs.db", "ehthumbs.db", "desktop.ini", "$RECYCLE.BIN",
    "System Volume Information", "@eaDir", "#snapshot", "#recycle",
})  # fmt: skip
_SYSTEMS_HIDDEN: Final = frozenset({
    ".DS_Store", ".localized", ".Spotlight-V100", ".Trashes", ".TemporaryItems", ".fseventsd",
    ".apdisk", ".directory", ".snapshot", ".snapshots", ".zfs", ".stfolder",
})  # fmt: skip
_SYSTEMS_PREFIXES: Final = ("._", ".nfs", ".fuse_hidden", ".Trash-", ".smbdelete", ".panfs.")


def is_systems_own(name: str) -> bool:
    """Whether a name in a folder is one that systems put there unasked."""
    return name in _SYSTEMS_OWN or name in _SYSTEMS_HIDDEN or name.startswith(_SYSTEMS_PREFIXES)


def past_stale(call: Callable[[], T]) -> T:
    """Do something again where the file system answers that what it knew of a file is stale.

    NFS does so when another client has replaced the file; asked again, it looks it up again.

    Raises:
        OSError: another answer, or the same for the fourth time.
    """
    for seconds in _STALE_SECONDS:
        try:
            return call()
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
        time.sleep(seconds)
    return call()


def remove(path: Path) -> bool:
    """Remove a file; whether it was there.

    Raises:
        OSError: it is there and cannot be removed.
    """
    try:
        past_stale(path.unlink)
    except FileNotFoundError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk, where the file system can do that."""
    try:
        descriptor = past_stale(lambda: os.open(folder, os.O_RDONLY))
    except OSError as error:
        if error.errno in NO_FOLDER_SYNC:
            return
        raise
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
