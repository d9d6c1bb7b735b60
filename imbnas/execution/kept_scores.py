"""The scores of a ranking, kept so that a later attempt goes on where an earlier one ended."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from imbnas.rankers import Score
from imbnas.training.checkpoints import Checkpoint, Reached, Snapshot


class KeptScores:
    """Scores so far; a ``Checkpoint`` for the training by which the next one is found, too.

    All is one state: what an architecture's own training keeps lies beside the scores of those
    before it.

    Args:
        architectures: all that are scored, in order.
        checkpoint: of the unit.
    """

    def __init__(self, architectures: Sequence[str], checkpoint: Checkpoint) -> None:
        self._architectures, self._checkpoint = architectures, checkpoint
        self._begun: Snapshot | None = None
        self.scores: list[Score] = []
        kept = checkpoint.load()
        if kept and kept.facts.get("architectures") == list(architectures):
            self.scores = [_score(*fields) for fields in kept.facts["scores"]]
            if kept.facts["training"] is not None:
                self._begun = Snapshot(kept.facts["training"], kept.tensors)

    @property
    def left(self) -> Sequence[str]:
        """Architectures that have no score yet."""
        return self._architectures[len(self.scores) :]

    def add(self, score: Score) -> None:
        """Take the score of the first architecture that is left."""
        self.scores.append(score)
        self._begun = None
        done, total = len(self.scores), len(self._architectures)
        self._checkpoint.offer(self._state, Reached.networks(done, total))

    def load(self) -> Snapshot | None:
        """The state that an earlier attempt left of the training of the next architecture."""
        return self._begun

    def offer(self, take: Callable[[], Snapshot], reached: Reached | None = None) -> None:
        """Keep the state of the training of the next architecture, if it is time to."""
        done, total = len(self.scores), len(self._architectures)
        self._checkpoint.offer(
            partial(self._state, take), reached and reached.after_networks(done, total)
        )

    def _state(self, take: Callable[[], Snapshot] | None = None) -> Snapshot:
        training = take() if take else None
        facts: Mapping[str, Any] = {
            "architectures": list(self._architectures),
            "scores": [_fields(score) for score in self.scores],
            "training": dict(training.facts) if training else None,
        }
        return Snapshot(facts, training.tensors if training else {})


def _fields(score: Score) -> tuple[float | None, int, int]:
    """A score as JSON, which has no NaN."""
    value = float(score.value)
    return value if math.isfinite(value) else None, int(score.images_seen), int(score.macs)


def _score(value: float | None, images_seen: int, macs: int) -> Score:
    return Score(math.nan if value is None else value, images_seen, macs)
