"""The paths of list files: what digests call them, and why one leads nowhere."""

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from imbnas.data.alike_names import folded
from imbnas.data.dataset import FileSplit
from imbnas.errors import InputError


def portable_names(root: Path, names: Sequence[str]) -> Mapping[str, str]:
    """What a digest calls listed paths, so that it does not depend on where the data lies.

    Args:
        root: folder that relative paths start from.
        names: as listed.

    Returns:
        Listed → called. A path that lies in the root goes on from there, however it is spelled; any
        other one goes on from the innermost folder that all of them have in common.
    """
    places = dict(zip(names, _places(root, names), strict=True))
    outside = [place for is_within, place in places.values() if not is_within]
    if not outside:
        return {name: place for name, (_, place) in places.items()}
    common = posixpath.commonpath([posixpath.dirname(place) for place in outside])
    return {
        name: place if is_within else posixpath.relpath(place, common)
        for name, (is_within, place) in places.items()
    }


def _places(root: Path, names: Iterable[str]) -> Iterator[tuple[bool, str]]:
    """Whether each path lies in the root; its one spelling, from there on or absolute."""
    given, resolved = str(root.absolute()), str(root.resolve())
    for name in names:
        plain = posixpath.normpath(name)
        if not plain.startswith(("/", "../")):
            yield True, plain
            continue
        # Two slashes in front are kept by normpath, and a link's parent is that of its target.
        whole = "/" + posixpath.normpath(posixpath.join(resolved, name)).lstrip("/")
        within = next((each for each in (given, resolved) if whole.startswith(f"{each}/")), None)
        yield within is not None, whole if within is None else whole[len(within) + 1 :]


def refuse_two_labels(root: Path, lists: Iterable[tuple[Path, FileSplit]]) -> None:
    """Make sure that no path is listed with two labels, be it in two splits or in two spellings.

    Args:
        root: folder that relative paths start from.
        lists: path of each list, and what it lists.

    Raises:
        InputError: names the path and both labels.
    """
    known: dict[tuple[bool, str], tuple[int, Path]] = {}
    torn = []
    for path, files in lists:
        places = _places(root, files.paths)
        for name, place, label in zip(files.paths, places, files.labels.tolist(), strict=True):
            first, where = known.setdefault(place, (label, path))
            if first != label:
                torn.append(f"{name} has label {first} in {where} and {label} in {path}")
    if torn:
        more = f" (and {len(torn) - 1:,} more such lines)" if len(torn) > 1 else ""
        raise InputError(f"{torn[0]}{more}; an image has one label, correct the lists")


def why_missing(root: Path, name: str) -> str:
    """What is wrong with a listed path that leads nowhere, and the remedy, as far as can be seen.

    Args:
        root: folder that the paths start from.
        name: as listed.
    """
    anywhere = "give the folder that the paths start from"
    try:
        return _miswritten(root, name) or _lying_elsewhere(root, name) or anywhere
    except (OSError, ValueError):  # nothing can be called so
        return anywhere


def _miswritten(root: Path, name: str) -> str | None:
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        return "listed paths are quoted; write them without quotes"
    if "\\" in name:
        return "the list has backslashes; write paths with forward slashes"
    if name.startswith("/"):
        if (root / name.lstrip("/")).is_file():
            return "listed paths begin with a slash; leave it out, they start from that folder"
        return "the list has absolute paths of another place; write them relative to that folder"
    place = root / name
    if place.is_symlink() and not place.exists():
        return "links there lead nowhere; restore what they lead to"
    if place.exists():
        return "what lies there is no file; put the image in its place"
    return None


def _lying_elsewhere(root: Path, name: str) -> str | None:
    folder, base = (root / name).parent, Path(name).name
    if folder != root and (folder.parent / base).is_file():
        return (
            f"{base} lies in {folder.parent} itself, where the list has a folder for each class; "
            "move the images, or list them as they lie"
        )
    inner = next(_holding(folder, base), None)
    if inner is not None and folder != root:
        return (
            f"{base} lies in {inner}, where the list has no folders of classes; move the images "
            "up, or list them as they lie"
        )
    alike = sorted(entry.name for entry in _entries(folder) if _alike(entry.name, base))
    if alike:
        return f"{folder} has {alike[0]!r}; rename the files, or list them as they are called"
    spelled = _spelled(root, name)
    if spelled is not None:
        return (
            f"what lies there is {spelled!r}, in other letters or another Unicode normal form "
            f"({spelled!a}); list it as it is called"
        )
    if (root.parent / name).is_file():
        return f"the paths start from {root.parent}; give that folder, with the lists in it"
    inner = next(_holding(root, name), None)
    if inner is not None:
        return f"the paths start from {inner}; give that folder, with the lists in it"
    return None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _spelled(root: Path, name: str) -> str | None:
    """The path of a file whose name differs in case or Unicode normal form alone."""
    found: list[str] = []
    for part in posixpath.normpath(name).split("/"):
        entries = _entries(root.joinpath(*found))
        like = [entry.name for entry in entries if folded(entry.name) == folded(part)]
        if not like:
            return None
        found.append(part if part in like else like[0])
    return "/".join(found)


def _holding(folder: Path, name: str) -> Iterator[Path]:
    """Sub-folders that hold a file of that name."""
    for entry in _entries(folder):
        if entry.is_dir() and (folder / entry.name / name).is_file():
            yield folder / entry.name


def _alike(one: str, other: str) -> bool:
    """Whether two names differ in their suffix, or in small and large letters, alone."""
    return Path(one).stem.lower() == Path(other).stem.lower()
