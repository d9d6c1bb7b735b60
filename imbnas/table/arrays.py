"""The table in memory: numbers in arrays, repeated texts and lists once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imbnas.table.columns import Comparisons

Codes: TypeAlias = NDArray[np.int32]
Labels: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts.

    Attributes:
        codes: (N,) positions in ``values``; −1 for a missing one.
        values: distinct texts.
    """

    codes: Codes
    values: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str | None]) -> "Texts":
        """Number texts in the order in which they first occur."""
        return cls(*_numbered(texts))

    def text(self, row: int) -> str | None:
        """The text of a row."""
        code = self.codes[row]
        return None if code < 0 else self.values[code]


@dataclass(frozen=True, eq=False)
class RepeatedLists:
    """A column of lists of which there are few different ones.

    Attributes:
        codes: (N,) positions in ``values``; −1 for a missing one.
        values: distinct lists.
    """

    codes: Codes
    values: tuple[Labels, ...]

    @classmethod
    def of(cls, lists: "Lists") -> "RepeatedLists":
        """Find those that are alike; quick where equal ones follow each other."""
        starts = lists.run_starts()
        keys = [lists.list(row) if lists.known[row] else None for row in starts.tolist()]
        codes, values = _numbered(keys)
        return cls(np.repeat(codes, np.diff(starts, append=len(lists.known))), values)

    def list(self, row: int) -> Labels | None:
        """The list of a row."""
        code = self.codes[row]
        return None if code < 0 else self.values[code]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(N,) numbers in each list; 0 in a missing one."""
        return np.array([*map(len, self.values), 0], dtype=np.int64)[self.codes]


@dataclass(frozen=True, eq=False)
class Lists:
    """A column of lists of whole numbers.

    Attributes:
        flat: all numbers one after the other.
        offsets: (N + 1,) where each row's begin in ``flat``, and where the last one's end.
        known: (N,) whether there is a list; a missing one has no numbers.
    """

    flat: NDArray[Any]
    offsets: NDArray[np.int64]
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, lists: Sequence[Sequence[int] | None]) -> "Lists":
        """Put lists one after the other."""
        lengths = [0 if each is None else len(each) for each in lists]
        total = sum(lengths)
        flat = np.fromiter((n for each in lists if each is not None for n in each), np.int64, total)
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        return cls(flat, offsets, np.array([each is not None for each in lists], dtype=bool))

    @classmethod
    def joined(cls, parts: Sequence["Lists"]) -> "Lists":
        """Rows of several columns, one after the other."""
        lengths = np.concatenate([[0], *(np.diff(part.offsets) for part in parts)])
        flat = np.concatenate([np.empty(0, np.uint8), *(part.flat for part in parts)])
        known = np.concatenate([np.empty(0, bool), *(part.known for part in parts)])
        return cls(flat, np.cumsum(lengths), known)

    def run_starts(self) -> NDArray[np.int64]:
        """Rows whose list is not that of the row before."""
        lengths = np.diff(self.offsets)
        shape = np.stack([lengths, self.known])
        blocks = np.flatnonzero(np.any(np.diff(shape, axis=1, prepend=-1) != 0, axis=0)).tolist()
        starts = []
        for start, stop in zip(blocks, [*blocks[1:], len(lengths)], strict=True):
            rows = self.flat[self.offsets[start] : self.offsets[stop]]
            rows = rows.reshape(stop - start, lengths[start])
            changes = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)) + 1
            starts.append(start + np.concatenate([[0], changes]))
        return np.concatenate([np.empty(0, np.int64), *starts]).astype(np.int64)

    def narrow(self) -> "Lists":
        """The same in the smallest type that holds the largest number; none is negative."""
        kind = np.min_scalar_type(int(self.flat.max(initial=0)))
        return Lists(self.flat.astype(kind, copy=False), self.offsets, self.known)

    def list(self, row: int) -> Labels:
        """The numbers of a row."""
        return tuple(self.flat[self.offsets[row] : self.offsets[row + 1]].tolist())


def _numbered(values: Sequence[Any]) -> tuple[Codes, tuple[Any, ...]]:
    numbers: dict[Any, int] = {}
    codes = [-1 if v is None else numbers.setdefault(v, len(numbers)) for v in values]
    return np.array(codes, dtype=np.int32), tuple(numbers)


@dataclass(frozen=True, eq=False)
class Columns:
    """What look-ups need of a table; a row for each training.

    Attributes:
        source: where it comes from, for messages.
        suite: title, ``SUITE@VERSION/FIDELITY``.
        comparisons: what the suite compares; empty where the file does not say.
        role: see ``columns.ROLES``.
        space: of the architecture.
        architecture: its string, or the baseline's name.
        functional_id: of the architecture.
        condition: without the subset's seed.
        scheme: its name.
        replicate: (N,) numbers.
        failed: (N,) whether there is no result.
        params: (N,) trainable parameters; −1 where unknown.
        macs: (N,) multiply-accumulates of an image; −1 where unknown.
        seconds: (N,) wall-clock seconds; NaN where unknown.
        class_correct: test images of each class that were classified correctly.
        class_total: test images of each class.
        many: labels of these classes, and so on.
        medium: see ``many``.
        few: see ``many``.
    """

    source: str
    suite: str
    comparisons: Comparisons
    role: Texts
    space: Texts
    architecture: Texts
    functional_id: Texts
    condition: Texts
    scheme: Texts
    replicate: NDArray[np.int64]
    failed: NDArray[np.bool_]
    params: NDArray[np.int64]
    macs: NDArray[np.int64]
    seconds: NDArray[np.float64]
    class_correct: Lists
    class_total: RepeatedLists
    many: RepeatedLists
    medium: RepeatedLists
    few: RepeatedLists

    def __len__(self) -> int:
        return len(self.replicate)
