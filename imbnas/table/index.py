"""Finds the rows of an architecture, however it is spelled, and names near ones."""

import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbnas.errors import InputError, UnknownNameError
from imbnas.spaces import SPACES, get_space
from imbnas.table.arrays import Columns
from imbnas.table.columns import ROLES
from imbnas.units.conditions import parse_condition

_NEAR = 3


class RowsOfRole(NamedTuple):
    """Rows of one architecture, training and role: ``RowIndex.order[start:stop]``."""

    role: str
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class RowIndex:
    """Architecture and training → rows.

    Attributes:
        columns: the table in memory.
    """

    columns: Columns
    _resolved: dict[tuple[str, str | None], tuple[int, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        # Built now, so that the first question is as fast as every other.
        _ = self._index, self._by_name, self._by_function

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """What architectures were trained on."""
        return tuple(dict.fromkeys(condition for condition, _ in self.trainings))

    @cached_property
    def trainings(self) -> tuple[tuple[str, str], ...]:
        """Pairs of a condition and a scheme; those that the suite compares come first."""
        condition, scheme = self.columns.condition, self.columns.scheme
        pairs = np.unique(np.stack([condition.codes, scheme.codes]), axis=1).T.tolist()
        held = [(condition.values[c], scheme.values[s]) for c, s in pairs]
        compared = [pair for part in self.columns.comparisons for pair in part if pair in held]
        return tuple(dict.fromkeys([*compared, *held]))

    def find(
        self, architecture: str, condition: str, scheme: str, space: str | None, role: str | None
    ) -> RowsOfRole:
        """The rows of the architecture that answers; see ``Benchmark.query``."""
        training = self._trained.get((condition, scheme))
        if training is None:
            training = self._trained[self.spelled(condition, scheme)]
        # Its own trainings first: most questions need no more.
        for numbers in (self._named, self._alike):
            for number in numbers(architecture, space):
                for rows in self._index.get(number * len(self._trained) + training, ()):
                    if role is None or rows.role == role:
                        return rows
        raise self._refusal(architecture, f"{condition} {scheme}", space, role)

    def spelled(self, condition: str, scheme: str) -> tuple[str, str]:
        """The table's spelling of a training that it does not hold as it stands."""
        if condition not in self.conditions:
            try:
                spelled = parse_condition(condition).name
            except InputError:
                spelled = condition
            if spelled not in self.conditions:
                where = f"condition in {self.columns.source}:"
                raise UnknownNameError(where, condition, self.conditions)
            condition = spelled
        if (condition, scheme) not in self._trained:
            schemes = [other for name, other in self.trainings if name == condition]
            where = f"scheme on {condition} in {self.columns.source}:"
            raise UnknownNameError(where, scheme, schemes)
        return condition, scheme

    @cached_property
    def _trained(self) -> dict[tuple[str, str], int]:
        """Training → its number."""
        return {training: number for number, training in enumerate(self.trainings)}

    def names_of(self, space: str) -> tuple[str, ...]:
        """Architectures of one space."""
        return tuple(
            name for name, held in self._by_name.items() if any(other == space for other, _ in held)
        )

    def _named(self, architecture: str, space: str | None) -> Iterator[int]:
        """Numbers of the architectures of a name."""
        for name, number in self._by_name.get(architecture, ()):
            if space is None or name == space:
                yield number

    def _alike(self, architecture: str, space: str | None) -> tuple[int, ...]:
        """Numbers of the architectures that are the same, or compute the same function."""
        key = architecture, space
        if key not in self._resolved:
            self._resolved[key] = tuple(dict.fromkeys(self._resolving(architecture, space)))
        return self._resolved[key]

    def _resolving(self, architecture: str, space: str | None) -> Iterator[int]:
        for name in self._searched(space):
            try:
                spelled = get_space(name).parse(architecture)
            except InputError:
                continue
            yield from (n for other, n in self._by_name.get(spelled, ()) if other == name)
            yield from self._by_function.get((name, get_space(name).functional_id(spelled)), ())

    def _searched(self, space: str | None) -> list[str]:
        """Spaces of the table that are installed here."""
        return [
            name for name in self.columns.space.values if name in SPACES and space in (None, name)
        ]

    def _refusal(
        self, architecture: str, training: str, space: str | None, role: str | None
    ) -> InputError:
        source = self.columns.source
        if space is not None and space not in self.columns.space.values:
            return UnknownNameError(f"space in {source}:", space, self.columns.space.values)
        held = {*self._named(architecture, space), *self._alike(architecture, space)}
        if held:
            of = {
                f"{condition} {scheme} ({rows.role})"
                for key, found in self._index.items()
                if key // len(self._trained) in held
                for rows in found
                for condition, scheme in [self.trainings[key % len(self._trained)]]
            }
            wanted = training if role is None else f"{training} ({role})"
            return InputError(
                f"{source}: {architecture!r} was not trained on {wanted}, but on "
                f"{', '.join(sorted(of))}"
            )
        if any(map(partial(_is_dead, architecture), self._searched(space))):
            return InputError(
                f"{source}: {architecture!r} was not trained: its output cannot depend on its input"
            )
        return UnknownNameError(
            f"architecture in {source}:", architecture, self._near(architecture)
        )

    def _near(self, architecture: str) -> Sequence[str]:
        """Names that differ in few words, or all of them."""
        words = _words(architecture)
        near = heapq.nsmallest(
            _NEAR, self.columns.architecture.values, key=lambda each: _distance(words, each)
        )
        few = max(len(words), len(words[0]) if len(words) == 1 else 0) / 2
        return [
            each for each in near if _distance(words, each) <= few
        ] or self.columns.architecture.values

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[str, int]]]:
        """Architecture → its spaces with its number in each."""
        found: dict[str, list[tuple[str, int]]] = {}
        for number, (space, architecture) in enumerate(self._pairs.tolist()):
            name = self.columns.architecture.values[architecture]
            found.setdefault(name, []).append((self.columns.space.values[space], number))
        return found

    @cached_property
    def _by_function(self) -> dict[tuple[str, str], list[int]]:
        """(space, functional id) → numbers of the architectures that compute it."""
        codes = np.full(len(self._pairs), -1)
        codes[self._numbers] = self.columns.functional_id.codes
        found: dict[tuple[str, str], list[int]] = {}
        for number, (code, (space, _)) in enumerate(
            zip(codes.tolist(), self._pairs.tolist(), strict=True)
        ):
            if code >= 0:
                key = self.columns.space.values[space], self.columns.functional_id.values[code]
                found.setdefault(key, []).append(number)
        return found

    @cached_property
    def _numbered(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(M, 2) distinct pairs of space and architecture; (N,) number of each row's."""
        spaces, names = self.columns.space.codes, self.columns.architecture.codes
        width = len(self.columns.architecture.values)
        keys, numbers = np.unique(spaces.astype(np.int64) * width + names, return_inverse=True)
        return np.stack([keys // width, keys % width], axis=1), numbers

    @property
    def _pairs(self) -> NDArray[np.int64]:
        return self._numbered[0]

    @property
    def _numbers(self) -> NDArray[np.int64]:
        return self._numbered[1]

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(N,) rows sorted by architecture, training, role and replicate."""
        columns = self.columns
        places = np.array([ROLES.index(role) for role in columns.role.values])
        roles = places[columns.role.codes]
        keys = (columns.replicate, roles, columns.scheme.codes, columns.condition.codes)
        return np.lexsort((*keys, self._numbers))

    @cached_property
    def _index(self) -> dict[int, list[RowsOfRole]]:
        """Architecture's number · number of trainings + training's number → its rows by role."""
        columns, order = self.columns, self.order
        keys = np.stack(
            [self._numbers, columns.condition.codes, columns.scheme.codes, columns.role.codes]
        )[:, order]
        starts = np.flatnonzero(np.any(np.diff(keys, axis=1, prepend=-1) != 0, axis=0)).tolist()
        found: dict[int, list[RowsOfRole]] = {}
        for start, stop, (number, condition, scheme, role) in zip(
            starts, [*starts[1:], len(columns)], keys[:, starts].T.tolist(), strict=True
        ):
            pair = columns.condition.values[condition], columns.scheme.values[scheme]
            rows = RowsOfRole(columns.role.values[role], start, stop)
            key = number * len(self._trained) + self._trained[pair]
            found.setdefault(key, []).append(rows)
        return found


def _is_dead(architecture: str, space: str) -> bool:
    try:
        return get_space(space).is_dead(get_space(space).parse(architecture))
    except InputError:
        return False


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _distance(words: list[str], other: str) -> int:
    """In how many words another name differs; letters decide between names of one word."""
    theirs = _words(other)
    if len(words) == len(theirs) == 1:
        words, theirs = list(words[0]), list(theirs[0])
    differing = sum(a != b for a, b in zip(words, theirs, strict=False))
    return differing + 2 * abs(len(words) - len(theirs))
