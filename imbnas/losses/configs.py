"""What each loss needs and accepts, as frozen models that are checked without torch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from imbnas.losses.weights import WeightRule
from imbnas.units.frozen import FrozenModel

if TYPE_CHECKING:
    from imbnas.losses.loss import Loss

Fraction = Annotated[float, Field(ge=0, le=1)]
NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Epoch = Annotated[int, Field(ge=0)]
Beta = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class Needs:
    """What a loss asks of the training around it.

    Attributes:
        cosine_classifier: logits are cosines in [-1, 1]; the loss scales them itself.
        features: the pooled features behind the logits are passed with them.
        running_counts: the loss counts labels as they come, so it has state to checkpoint.
        hard_targets: integer labels only, hence no mixing.
        prior_bias: the classifier's bias starts where every class has probability 1/C.
    """

    cosine_classifier: bool = False
    features: bool = False
    running_counts: bool = False
    hard_targets: bool = False
    prior_bias: bool = False


class LossConfig(FrozenModel):
    """Options that every loss has; a loss adds its own and says how it is built.

    Attributes:
        weights: rule of the class weights.
        beta: of ``weights="effective-number"``.
        power: of ``weights="power"``.
        normalise: ``sum_w`` divides the weighted sum of a batch's losses by the sum of its
            weights, ``n`` by the number of its images; the same for hard and soft targets.
        deferred_from: fraction of the training before which all class weights are 1 (DRW).
        deferred_from_epoch: the same as a 0-based epoch.
    """

    needs: ClassVar[Needs] = Needs()

    weights: WeightRule = "none"
    beta: Beta = 0.9999
    power: NonNegative = 1.0
    normalise: Literal["sum_w", "n"] = "sum_w"
    deferred_from: Fraction | None = None
    deferred_from_epoch: Epoch | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "LossConfig":
        owners = {"beta": "effective-number", "power": "power"}
        for option, rule in owners.items():
            if option in self.model_fields_set and self.weights != rule:
                raise ValueError(f"{option} goes with weights={rule!r}, not {self.weights!r}")
        if self.deferred_from is not None and self.deferred_from_epoch is not None:
            raise ValueError("give either deferred_from or deferred_from_epoch, not both")
        if self.is_deferred and not self.can_defer:
            raise ValueError(
                "deferred_from has nothing to defer without class weights; set weights"
            )
        return self

    @property
    def is_deferred(self) -> bool:
        """Whether a switch during the training is set."""
        return self.deferred_from is not None or self.deferred_from_epoch is not None

    @property
    def can_defer(self) -> bool:
        """Whether the loss changes at the switch."""
        return self.weights != "none"

    @property
    def logit_scale(self) -> float:
        """Factor from the classifier's outputs to logits whose softmax is a probability."""
        return 1.0

    def build(self, counts: NDArray[np.int64], epochs: int | None, seed: int) -> "Loss":
        """Make the loss for (C,) counts; imports torch."""
        raise NotImplementedError


class CrossEntropyConfig(LossConfig):
    """Cross entropy -log p_y."""

    def build(self, counts: NDArray[np.int64], epochs: int | None, seed: int) -> "Loss":
        """Make the loss for (C,) counts; imports torch."""
        from imbnas.losses.softmax import SoftmaxLoss

        return SoftmaxLoss(self, counts, epochs, seed)


class InverseConfig(CrossEntropyConfig):
    """Cross entropy weighted by w ∝ 1/n."""

    weights: WeightRule = "inverse"


class SqrtInverseConfig(CrossEntropyConfig):
    """Cross entropy weighted by w ∝ n^-1/2."""

    weights: WeightRule = "sqrt-inverse"


class PowerConfig(CrossEntropyConfig):
    """Cross entropy weighted by w ∝ n^-power (generalised re-weighting)."""

    weights: WeightRule = "power"
    power: NonNegative = 1.2


class ClassBalancedConfig(CrossEntropyConfig):
    """Cross entropy weighted by the effective number of images."""

    weights: WeightRule = "effective-number"
