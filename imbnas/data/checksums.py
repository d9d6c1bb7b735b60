"""Checksums of all files of a folder, kept beside them and compared before the files are used."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from imbnas.errors import InputError
from imbnas.regular_files import IrregularFileError, open_regular, read_regular
from imbnas.units.frozen import FrozenModel, canonical_json
from imbnas.units.unit import Sha256

NAME = "checksums.json"
LARGEST_FILE = 2**42
"""Bytes: 4 TiB, above any array that a machine maps."""
_LARGEST_LIST = 2**20


class _Checksums(FrozenModel):
    """What lies in ``NAME``.

    Attributes:
        folder: its name, so that one folder in the place of another is found, too.
        sha256: of each file's content, by the file's name.
    """

    folder: str
    sha256: Annotated[dict[Annotated[str, Field(pattern=r"^[^/]+$")], Sha256], Field(min_length=1)]


def seal(folder: Path, name: str) -> None:
    """Write the checksums of all files of a folder that is complete.

    Args:
        folder: holds files only.
        name: that the folder is going to have.
    """
    found = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    text = canonical_json(_Checksums(folder=name, sha256=found))
    (folder / NAME).write_text(text, encoding="utf-8")


def damage(folder: Path) -> str | None:
    """What of a sealed folder is not as it was sealed; ``None`` where every byte is.

    A process reads the files once; it reads them again when any was changed.

    Raises:
        InputError: the folder or a file of it may not be read.
    """
    try:
        _verify(folder, _marks(folder))
    except PermissionError as error:
        raise InputError(
            f"cache entry {folder}: {Path(error.filename or folder).name} may not be read "
            "(Permission denied); let its owner give read permission (chmod -R a+rX), or set "
            "IMBNAS_CACHE to a folder of your own"
        ) from None
    except (FileNotFoundError, NotADirectoryError) as error:
        return f"{Path(error.filename or folder).name} is missing or no folder"
    except IrregularFileError as error:
        return f"{Path(str(error.filename)).name} is damaged ({error.strerror})"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    except ValueError as error:
        return str(error)
    return None


_Marks = tuple[tuple[str, int, int, int, int], ...]


def _marks(folder: Path) -> _Marks:
    """What changes whenever a file of the folder does."""
    with os.scandir(folder) as entries:
        stats = sorted((entry.name, entry.stat(follow_symlinks=False)) for entry in entries)
    return tuple(
        (name, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        for name, stat in stats
    )


@lru_cache(maxsize=4096)
def _verify(folder: Path, _marks: _Marks) -> None:
    """Read every file of a folder; exceptions are not remembered.

    Raises:
        OSError: a file is missing, or is no regular file.
        ValueError: a file is not what was sealed.
    """
    text = read_regular(folder / NAME, _LARGEST_LIST)
    try:
        sealed = _Checksums.model_validate_json(text)
    except ValueError:
        raise ValueError(f"{NAME} is damaged") from None
    if sealed.folder != folder.name:
        raise ValueError(f"it was made as {sealed.folder!r}")
    for name, expected in sealed.sha256.items():
        if _sha256(folder / name) != expected:
            raise ValueError(f"{name} is damaged (its checksum differs)")


def _sha256(path: Path) -> str:
    with open_regular(path, LARGEST_FILE) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
