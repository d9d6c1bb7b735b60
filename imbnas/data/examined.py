"""What reading the image files of a dataset finds out, and what of it users should know."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from imbnas.data.content import content_digest, opened, read_all, sha256_of
from imbnas.data.dataset import LARGEST_SIDE
from imbnas.data.decoding import Look, Trait, look_at
from imbnas.error_texts import shortened
from imbnas.errors import InputError
from imbnas.units.frozen import FrozenModel
from imbnas.units.unit import Sha256

_Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]

SHOWN = 5
"""Names that a message gives at most."""
NEARLY_CONSTANT = 16
"""Images whose pixels differ in no channel by more, of 255, are told of: as of 12 bits in 16."""
_NAME = 200
"""Characters of a name that a message shows."""
_DECODED_SIDE = LARGEST_SIDE
"""Pixels to which images may be reduced to see whether they are whole."""
_TOLD: dict[Trait, str] = {
    "16 bits": "have more than 8 bits, scaled to 8 by their range",
    "16 bits in colour": "are in colour of more than 8 bits, of which the upper 8 count",
    "transparency": "have transparency, which is left out: colours count as they are stored",
    "several frames": "have several frames, of which the first is taken",
    "orientation": "have an EXIF orientation, which is not followed: pixels count as stored",
}


class Source(NamedTuple):
    """An image file of a dataset.

    Attributes:
        split: that it belongs to.
        label: its class.
        path: relative to the dataset's folder, or absolute.
        line: what the digest holds of it besides its content; its name comes first.
    """

    split: str
    label: int
    path: str
    line: tuple[str, ...]


class ImageFacts(FrozenModel):
    """What is remembered of image files.

    Attributes:
        digest: of class names, and of each file's line and content.
        shape: (channels, H, W) of the images, where they are all small squares of one size.
        notes: for users.
    """

    digest: Sha256
    shape: tuple[Literal[1, 3], _Side, _Side] | None
    notes: tuple[str, ...]


class _Read(NamedTuple):
    sha256: str
    look: Look


def examine(
    what: str, root: Path, class_names: Sequence[str], sources: Sequence[Source]
) -> ImageFacts:
    """Read and decode every image file once.

    Args:
        what: opens every message.
        root: the dataset's folder.
        class_names: by label.
        sources: the files, in the order of the digest.

    Raises:
        InputError: files cannot be read or decoded; names how many, and the first of them.
    """
    read: list[_Read] = []
    faults: list[InputError] = []
    for found in read_all(what, _read, [root / source.path for source in sources]):
        if isinstance(found, InputError):
            faults.append(found)
        else:
            read.append(found)
    if faults:
        left = len(faults) - SHOWN
        others = f"; and {left:,} more that cannot be read" if left > 0 else ""
        raise InputError("; ".join(map(str, faults[:SHOWN])) + others)
    lines = [(*source.line, each.sha256) for source, each in zip(sources, read, strict=True)]
    if any("16 bits" in each.look.traits for each in read):
        # Such pixels were once clipped at 255; what was computed from them is another dataset's.
        lines.append(("", "values of more than 8 bits are scaled by their range"))
    return ImageFacts(
        digest=content_digest(class_names, lines),
        shape=_common_shape(each.look.shape for each in read),
        notes=(*_notes_on_looks(sources, read), *_notes_on_copies(sources, read)),
    )


def named(names: Sequence[str]) -> str:
    """The first of some names, quoted and bounded, and how many more there are."""
    shown = ", ".join(repr(shortened(name, _NAME)) for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")


def _read(path: Path) -> _Read | InputError:
    try:
        with opened(path) as file:
            content = sha256_of(file)
            file.seek(0)
            with io.BufferedReader(file) as buffered:
                return _Read(content, look_at(path, buffered, _DECODED_SIDE))
    except InputError as error:
        return error


def _common_shape(
    shapes: Iterable[tuple[int, int, int]],
) -> tuple[Literal[1, 3], int, int] | None:
    found = set(shapes)
    sides = {shape[1:] for shape in found}
    height, width = next(iter(sides))
    if len(sides) != 1 or not height == width <= LARGEST_SIDE:
        return None
    return (1 if max(found)[0] == 1 else 3, height, width)


def _notes_on_looks(sources: Sequence[Source], read: Sequence[_Read]) -> Iterator[str]:
    for trait, told in _TOLD.items():
        names = [
            source.line[0]
            for source, each in zip(sources, read, strict=True)
            if trait in each.look.traits
        ]
        if names:
            yield f"{len(names):,} image(s) {told}: {named(names)}"
    for split, total in Counter(source.split for source in sources).items():
        flat = [
            source.line[0]
            for source, each in zip(sources, read, strict=True)
            if source.split == split and each.look.spread <= NEARLY_CONSTANT
        ]
        if flat:
            yield (
                f"{len(flat):,} of {total:,} images of {split} are nearly constant (pixels differ "
                f"by at most {NEARLY_CONSTANT} of 255): {named(flat)}"
            )


def _notes_on_copies(sources: Sequence[Source], read: Sequence[_Read]) -> Iterator[str]:
    """Equal pixels in two splits, in two classes, and twice in one split."""
    first: dict[str, dict[bytes, str]] = {}
    classes: dict[bytes, set[int]] = {}
    repeated: dict[str, list[str]] = {}
    for source, each in zip(sources, read, strict=True):
        held = first.setdefault(source.split, {})
        name = source.line[0]
        if each.look.pixels in held:
            repeated.setdefault(source.split, []).append(f"{name} = {held[each.look.pixels]}")
        held.setdefault(each.look.pixels, name)
        classes.setdefault(each.look.pixels, set()).add(source.label)
    for one, other in combinations(first, 2):
        pairs = [
            f"{source.line[0]} = {first[one][each.look.pixels]}"
            for source, each in zip(sources, read, strict=True)
            if source.split == other and each.look.pixels in first[one]
        ]
        if pairs:
            yield (
                f"{len(pairs):,} image(s) of {other} are in {one}, too (equal pixels): "
                f"{named(pairs)}"
            )
    for split, pairs in repeated.items():
        yield f"{len(pairs):,} image(s) of {split} repeat another one of it: {named(pairs)}"
    torn = [pixels for pixels, labels in classes.items() if len(labels) > 1]
    if torn:
        names = [next(held[pixels] for held in first.values() if pixels in held) for pixels in torn]
        yield f"{len(torn):,} image(s) lie in more than one class: {named(names)}"
