"""Evaluates architectures whose structure was not evaluated before."""

from collections.abc import Callable
from dataclasses import dataclass, field

from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces.space import Space

Draw = Callable[[], str | None]
"""Makes an architecture, or ``None`` for one that is out of bounds."""


@dataclass
class Deduplicator:
    """Evaluates live architectures, no structure twice, however it is written.

    Attributes:
        space: of the architectures.
        scoreboard: evaluates them.
        seen: structures that were evaluated.
    """

    space: Space
    scoreboard: Scoreboard
    seen: set[str] = field(default_factory=set)

    def take(self, draw: Draw, count: int, tries: int) -> int:
        """Evaluate up to ``count`` in at most ``tries`` draws; return how many it were."""
        taken = 0
        for _ in range(tries):
            if taken == count:
                break
            taken += self._admit(draw())
        return taken

    def fill(self, draw: Draw, count: int, tries: int) -> int:
        """Evaluate ``count``, each in at most ``tries`` draws; return how many it were."""
        taken = 0
        while taken < count and self.take(draw, 1, tries):
            taken += 1
        return taken

    def _admit(self, architecture: str | None) -> bool:
        if architecture is None or self.space.is_dead(architecture):
            return False
        structure = self.space.unique_id(architecture)
        if structure in self.seen:
            return False
        self.seen.add(structure)
        self.scoreboard.evaluate(architecture)
        return True
