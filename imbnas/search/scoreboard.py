"""The scores of a search, in order of evaluation, no architecture twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass
class Scoreboard:
    """Scores architectures once each and remembers them.

    Attributes:
        score: gives the validation score of an architecture; higher is better.
        scores: architecture → score, in order of evaluation.
        known: scores that an earlier attempt of the same search got; they are taken as they are.
        evaluated: called after each new evaluation.
    """

    score: Callable[[str], float]
    scores: dict[str, float] = field(default_factory=dict)
    known: Mapping[str, float] = field(default_factory=dict)
    evaluated: Callable[[], None] = lambda: None

    def evaluate(self, architecture: str) -> float:
        """Score an architecture, or recall its score."""
        if architecture not in self.scores:
            known = self.known.get(architecture)
            self.scores[architecture] = self.score(architecture) if known is None else known
            if known is None:
                self.evaluated()
        return self.scores[architecture]

    def top(self, count: int) -> list[str]:
        """The best architectures; ties go to the one evaluated earlier."""
        ranked = sorted(self.scores.items(), key=lambda item: -item[1])
        return [architecture for architecture, _ in ranked[:count]]
