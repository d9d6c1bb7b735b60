"""Writes the files of a site, and touches no file that it did not write."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from imbnas.errors import InputError
from imbnas.regular_files import IrregularFileError, read_regular
from imbnas.runs.store.files import replace_file

MARKER = "imbnas-site.json"
"""Lists what a site consists of: path → sha256 of the contents that may stand there."""
_KIND = "imbnas site"
_LARGEST = 2**30
_LARGEST_MARKER = 2**26
_REMEDY = "move it away, or give another --out"
Held = Mapping[str, tuple[str, ...]]


def write_files(out: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold these files; those of an earlier site that are no longer of it go.

    Files that lie there and are no site's stay. An interrupted writing is repaired by the next.

    Args:
        out: the folder; made where nothing lies there.
        files: path below it, with slashes → content.

    Raises:
        InputError: what lies there is no folder, holds files but no site, or a file of the site
            was changed or would replace another; nothing is changed then.
    """
    held = _held(out)
    new = {path: _sha256(content) for path, content in files.items()}
    there = {path: _sha256_at(out, path) for path in {*held, *new}}
    for path in sorted(there):
        if there[path] not in (None, *held.get(path, ()), new.get(path)):
            raise InputError(f"{out / path}: not as a site has written it; {_REMEDY}")
    out.mkdir(parents=True, exist_ok=True)
    final = _marker({path: (sha256,) for path, sha256 in new.items()})
    if any(there[path] != new.get(path) for path in there):
        # Until all is done, the marker says of old contents and new ones that they are ours.
        both = {
            path: (*held.get(path, ()), new[path]) if path in new else held[path] for path in there
        }
        replace_file(out / MARKER, _marker(both), out)
        for path in sorted(files):
            if there[path] != new[path]:
                replace_file(out / path, files[path], out)
        for path in sorted(set(held) - set(new)):
            _remove(out, path)
    if _content(out / MARKER) != final:
        replace_file(out / MARKER, final, out)


def _held(out: Path) -> Held:
    """Path → sha256 of what a site in this folder may hold; empty for a folder without files."""
    if not out.exists() and not out.is_symlink():
        return {}
    if not out.is_dir():
        raise InputError(f"{out}: something that is no folder is in the way; {_REMEDY}")
    content = _content(out / MARKER)
    if content is None:
        if any(out.iterdir()):
            raise InputError(
                f"{out}: a folder with files that are no site of imbnas ({MARKER} is missing); "
                f"{_REMEDY}"
            )
        return {}
    found = _parsed(content)
    if found is None:
        raise InputError(f"{out / MARKER}: not the list of a site's files; {_REMEDY}")
    return found


def _parsed(content: bytes) -> Held | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("kind") != _KIND:
        return None
    files = found.get("files")
    if not isinstance(files, dict) or not all(map(_is_inside, files)):
        return None
    if not all(
        isinstance(held, list) and all(isinstance(each, str) for each in held)
        for held in files.values()
    ):
        return None
    return {path: tuple(held) for path, held in files.items()}


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return (
        "\0" not in path and not any(part in ("", ".", "..") for part in parts) and path != MARKER
    )


def _marker(files: Held) -> bytes:
    listed = {path: sorted(set(held)) for path, held in sorted(files.items())}
    return (json.dumps({"kind": _KIND, "files": listed}, indent=1) + "\n").encode()


def _sha256_at(out: Path, path: str) -> str | None:
    """Of the file there; ``None`` where nothing is."""
    for parent in PurePosixPath(path).parents:
        place = out / parent
        if parent.parts and (place.is_symlink() or (place.exists() and not place.is_dir())):
            raise InputError(f"{place}: no folder is there; {_REMEDY}")
    content = _content(out / path)
    return None if content is None else _sha256(content)


def _content(path: Path) -> bytes | None:
    limit = _LARGEST_MARKER if path.name == MARKER else _LARGEST
    try:
        return read_regular(path, limit)
    except FileNotFoundError:
        return None
    except IrregularFileError as error:
        raise InputError(f"{path}: {error.strerror}; {_REMEDY}") from None


def _remove(out: Path, path: str) -> None:
    """Remove a file, and the folders that are empty without it."""
    (out / path).unlink(missing_ok=True)
    for parent in PurePosixPath(path).parents:
        folder = out / parent
        if not parent.parts or not folder.is_dir() or any(folder.iterdir()):
            return
        folder.rmdir()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
