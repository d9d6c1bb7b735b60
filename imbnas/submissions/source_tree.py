"""Which imbnas this is, and whether it is as it was released or committed."""

import base64
import hashlib
import subprocess
from importlib import metadata
from pathlib import Path

import imbnas
from imbnas.errors import InputError
from imbnas.submissions.submission import Source

_PACKAGE = Path(imbnas.__file__).resolve().parent


def source_tree() -> Source:
    """Look at the files that this process was started from."""
    if (_PACKAGE.parent / ".git").exists():
        revision, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--", ".")
        return Source(version=imbnas.__version__, revision=revision.strip(), modified=bool(changed))
    return Source(version=imbnas.__version__, modified=not _is_as_installed())


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(
            ["git", "-C", str(_PACKAGE), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        raise InputError(
            f"{_PACKAGE}: git cannot tell whether its files are those of a revision; install git, "
            "or a released imbnas"
        ) from None


def _is_as_installed() -> bool:
    """Whether every file has the hash that its package lists."""
    try:
        listed = metadata.files("imbnas") or []
    except metadata.PackageNotFoundError:
        return False
    hashed = [file for file in listed if file.hash is not None and file.suffix == ".py"]
    return bool(hashed) and all(map(_has_its_hash, hashed))


def _has_its_hash(file: metadata.PackagePath) -> bool:
    path = Path(str(file.locate()))
    if file.hash is None or file.hash.mode != "sha256" or not path.is_file():
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest())
    return digest.rstrip(b"=").decode() == file.hash.value
