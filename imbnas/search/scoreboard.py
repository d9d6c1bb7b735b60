"""The scores of a search, in order of evaluation, no architecture twice."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Scoreboard:
    """Scores architectures once each and remembers them.

    Attributes:
        score: gives the validation score of an architecture; higher is better.
        scores: architecture → score, in order of evaluation.
    """

    score: Callable[[str], float]
    scores: dict[str, float] = field(default_factory=dict)

    def evaluate(self, architecture: str) -> float:
        """Score an architecture, or recall its score."""
        if architecture not in self.scores:
            self.scores[architecture] = self.score(architecture)
        return self.scores[architecture]

    def top(self, count: int) -> list[str]:
        """The best architectures; ties go to the one evaluated earlier."""
        ranked = sorted(self.scores.items(), key=lambda item: -item[1])
        return [architecture for architecture, _ in ranked[:count]]
