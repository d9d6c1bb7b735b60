"""Runs a searcher on a table many times, each time with replicates of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbnas.errors import InputError
from imbnas.replay.table_space import TableSpace
from imbnas.search.scoreboard import Scoreboard
from imbnas.search.searcher import Searcher
from imbnas.units.randomness import derive_seed

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Draw = Literal["query", "search"]
"""What draws a replicate: every query by itself, or a search once for all of its queries."""


class Incumbents(NamedTuple):
    """What searches would name after each number of queries.

    Attributes:
        architectures: (S, N) positions in the table.
        replicates: (S, N) columns that the scores of these came from.
        queries: (S,) how many each search made; from then on it stays with what it has.
    """

    architectures: Places
    replicates: Places
    queries: Places


@dataclass(frozen=True)
class Searches:
    """How a searcher is run on a table.

    Attributes:
        space: what the table holds.
        searcher: makes the searcher, which may keep a state of its own.
        label: of the searcher.
        budget: queries of a search at most.
        repetitions: how often it is run.
        draw: what draws a replicate.
        seed: of everything.
    """

    space: TableSpace
    searcher: Callable[[], Searcher]
    label: str
    budget: int
    repetitions: int
    draw: Draw
    seed: int

    def run(self, values: Floats, numbers: Sequence[int], side: str) -> Incumbents:
        """Search on one training.

        Args:
            values: (A, R) accuracies of the table's architectures, complete.
            numbers: of the R replicates.
            side: names the training: replicates are drawn for each one anew, while the searcher's
                own random numbers are the same for all, so that differences are those of the data.

        Raises:
            InputError: the searcher asks for nothing, or for what the table does not hold.
        """
        searches = [
            self._search(values, numbers, side, number) for number in range(self.repetitions)
        ]
        kept = np.empty((2, self.repetitions, self.budget), np.int64)
        for row, trace in enumerate(searches):
            queried = np.array(trace).T
            best = _running_best(values[queried[0], queried[1]])
            kept[:, row, : len(trace)] = queried[:, best]
            kept[:, row, len(trace) :] = queried[:, best[-1], None]
        return Incumbents(kept[0], kept[1], np.array([len(trace) for trace in searches]))

    def _search(
        self, values: Floats, numbers: Sequence[int], side: str, number: int
    ) -> list[tuple[int, int]]:
        """Positions and columns of one search's queries, in order."""
        drawing = _generator("replicates", self.seed, side, self.label, number)
        size = len(values) if self.draw == "query" else 1
        # Whichever replicate is left out, all others keep their order: most draws stay the same.
        order = drawing.random((max(numbers) + 1, size))[list(numbers)]
        drawn = np.broadcast_to(order.argmin(axis=0), len(values)).tolist()
        queried: dict[int, float] = {}

        def score(architecture: str) -> float:
            place = self.space.place(architecture)
            if place is None:
                raise InputError(
                    f"searcher {self.label!r} asked for {architecture}, which the table does not "
                    "hold; it may ask for what space.is_dead does not refuse"
                )
            if place not in queried:
                if len(queried) == self.budget:
                    raise _SpentError
                queried[place] = float(values[place, drawn[place]])
            return queried[place]

        try:
            rng = _generator("search", self.seed, self.label, number)
            self.searcher().search(self.space, Scoreboard(score), rng)
        except _SpentError:
            pass
        if not queried:
            raise InputError(f"searcher {self.label!r} asked for no architecture")
        return [(place, drawn[place]) for place in queried]


class _SpentError(Exception):
    """The budget is spent."""


def _generator(*purpose: str | int) -> np.random.Generator:
    return np.random.default_rng(derive_seed("replay", *purpose))


def _running_best(scores: Floats) -> Places:
    """(N,) position of the best score so far; of equal ones the earlier."""
    highest = np.maximum.accumulate(scores)
    risen = np.concatenate([[True], highest[1:] > highest[:-1]])
    return np.maximum.accumulate(np.where(risen, np.arange(len(scores)), 0))
