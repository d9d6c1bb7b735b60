"""A search that resumes with every score known still tells what its heads cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imbnas.execution.supernets import _resumable
from imbnas.supernet.heads import HeadMaker
from imbnas.supernet.scoring import Scorer
from imbnas.training.checkpoints import Snapshot

HEAD_MACS = 7


@dataclass
class InMemory:
    """A checkpoint that keeps every state."""

    kept: Snapshot | None = None

    def load(self) -> Snapshot | None:
        return self.kept

    def offer(self, take: Callable[[], Snapshot], reached: object = None) -> None:
        self.kept = take()


def counting_scorer(scored: list[str]) -> Scorer:
    nothing: Any = ()
    heads = HeadMaker(fit=nothing, images=nothing, batch_size=1)
    scorer = Scorer(nothing, None, nothing, 1, heads)

    def score(architecture: str) -> float:
        scored.append(architecture)
        heads.macs = HEAD_MACS
        return len(architecture) / 10

    scorer.score = score  # type: ignore[method-assign]
    return scorer


def test_known_scores_are_not_computed_again_and_heads_keep_their_cost() -> None:
    checkpoint, scored = InMemory(), []
    first = _resumable(counting_scorer(scored), checkpoint)
    assert [first.evaluate(name) for name in ("a", "bb")] == [0.1, 0.2]
    scorer = counting_scorer(scored)
    again = _resumable(scorer, checkpoint)
    assert [again.evaluate(name) for name in ("a", "bb")] == [0.1, 0.2]
    assert scored == ["a", "bb"]
    assert scorer.head_macs == HEAD_MACS
