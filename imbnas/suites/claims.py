"""Claims: published statements as entries of a suite file that its tables answer."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from imbnas.suites.choice import StrategyEntry, choice_of
from imbnas.suites.trainings import Distinct, SomeDistinct, Training
from imbnas.units.frozen import FrozenModel

ClaimKind = Literal[
    "rankings-change", "rankings-agree", "better", "not-worse", "no-difference", "cheaper"
]
Metric = Literal["accuracy", "tau", "regret"]


class _Statement(FrozenModel):
    """What all claims have.

    Attributes:
        source: who says it, and where: a publication with its table or figure.
        statement: what is said, in one sentence.
        part: name of the part whose rows decide.
    """

    source: Annotated[str, Field(min_length=1)]
    statement: Annotated[str, Field(min_length=1)]
    part: str


class Pair(FrozenModel):
    """Two trainings of one transfer part."""

    x: Training
    y: Training

    @model_validator(mode="after")
    def _differ(self) -> "Pair":
        if self.x == self.y:
            raise ValueError(f"x and y are both {self.x}; give two trainings")
        return self

    def __str__(self) -> str:
        return f"the pair of {self.x} and {self.y}"


class RankingsClaim(_Statement):
    """The ranking of the population changes, or does not, between two trainings.

    Attributes:
        kind: ``rankings-change`` holds where every verdict is *changed* and falls where one is
            *not distinguishable from noise*; ``rankings-agree`` is its opposite.
        pairs: of trainings, in either order.
    """

    kind: Literal["rankings-change", "rankings-agree"]
    pairs: SomeDistinct[Pair]


class _OfStrategies(_Statement):
    """What all claims about strategies have.

    Attributes:
        strategies: what is said of each of these, named as in the part.
        against: the strategy that they are compared with.
        metric: ``accuracy`` of retrained found architectures (percent), ``tau`` of a supernet's
            scores, or ``regret`` of following them (percentage points, lower is better).
        routes: ``SOURCE -> TARGET`` of the part's pairs of conditions; empty for all.
    """

    strategies: SomeDistinct[StrategyEntry]
    against: StrategyEntry
    metric: Metric = "accuracy"
    routes: Distinct[str] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of ``strategies``."""
        return tuple(choice_of(entry).label for entry in self.strategies)

    @property
    def reference(self) -> str:
        """Label of ``against``."""
        return choice_of(self.against).label

    @model_validator(mode="after")
    def _not_against_itself(self) -> "_OfStrategies":
        if self.reference in self.labels:
            raise ValueError(
                f"{self.reference} is compared with itself; leave it out of strategies"
            )
        return self


class DifferenceClaim(_OfStrategies):
    """Strategies are better than another, not worse, or no different.

    Attributes:
        kind: ``better``: by more than the margin; ``not-worse``: worse by less than the margin;
            ``no-difference``: neither better nor worse by as much as the margin.
        margin: in the metric's unit; above 0 unless the claim is ``better``.
    """

    kind: Literal["better", "not-worse", "no-difference"]
    margin: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _has_a_margin(self) -> "DifferenceClaim":
        if self.kind != "better" and self.margin == 0:
            raise ValueError(
                f"a claim of kind {self.kind!r} needs a margin above 0, in the metric's unit: no "
                "finite run shows that there is no difference at all"
            )
        return self


class CostClaim(_OfStrategies):
    """Strategies come near another for a fraction of its cost.

    Attributes:
        kind: ``cheaper``: worse by less than the margin, for at most the fraction.
        margin: in the metric's unit.
        at_most: multiply-accumulates of the adaptation over those of the other's.
    """

    kind: Literal["cheaper"]
    margin: Annotated[float, Field(gt=0)]
    at_most: Annotated[float, Field(gt=0)]


StrategiesClaim = DifferenceClaim | CostClaim
Claim = Annotated[RankingsClaim | DifferenceClaim | CostClaim, Field(discriminator="kind")]
