"""What each loss needs and accepts, as frozen models that are checked without torch."""

from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from imbnas.losses.weights import WeightRule
from imbnas.units.bounds import EpochNumber
from imbnas.units.frozen import FrozenModel

Fraction = Annotated[float, Field(ge=0, le=1)]
NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
ShareBelowOne = Annotated[float, Field(ge=0, lt=1)]

Counts = NDArray[np.int64]


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
        implementation: ``"module:Class"`` of the loss, called with the options, the (C,) counts,
            the length of the training and the seed; imported when a loss is built.
    """

    implementation: ClassVar[str]

    weights: WeightRule = "none"
    beta: ShareBelowOne = 0.9999
    power: NonNegative = 1.0
    normalise: Literal["sum_w", "n"] = "sum_w"
    deferred_from: Fraction | None = None
    deferred_from_epoch: EpochNumber | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "LossConfig":
        owners = {"beta": "effective-number", "power": "power"}
        for option, rule in owners.items():
            if option in self.model_fields_set and self.weights != rule:
                raise ValueError(f"{option} goes with weights={rule!r}, not {self.weights!r}")
        if self.deferred_from is not None and self.deferred_from_epoch is not None:
            raise ValueError("give either deferred_from or deferred_from_epoch, not both")
        deferred = (self.deferred_from, self.deferred_from_epoch) != (None, None)
        if deferred and not self.can_defer:
            raise ValueError(
                "deferred_from has nothing to defer without class weights; set weights"
            )
        return self

    @property
    def needs(self) -> Needs:
        """What the loss asks of the training around it."""
        return Needs()

    @property
    def can_defer(self) -> bool:
        """Whether the loss changes at the switch."""
        return self.weights != "none"

    @property
    def logit_scale(self) -> float:
        """Factor from the classifier's outputs to logits whose softmax is a probability."""
        return 1.0

    def build(self, counts: Counts, epochs: int | None, seed: int) -> Any:
        """Make the ``Loss`` for (C,) counts; imports torch."""
        return resolve_name(self.implementation)(self, counts, epochs, seed)


class CrossEntropyConfig(LossConfig):
    """Cross entropy -log p_y."""

    implementation = "imbnas.losses.softmax:SoftmaxLoss"


class InverseConfig(CrossEntropyConfig):
    """Cross entropy weighted by w ∝ 1/n."""

    weights: WeightRule = "inverse"


class SqrtInverseConfig(CrossEntropyConfig):
    """Cross entropy weighted by w ∝ n^-1/2."""

    weights: WeightRule = "sqrt-inverse"


class PowerConfig(CrossEntropyConfig):
    """Cross entropy weighted by w ∝ n^-power; 1.2 is the value for ImageNet-LT in DisAlign."""

    weights: WeightRule = "power"
    power: NonNegative = 1.2


class ClassBalancedConfig(CrossEntropyConfig):
    """Cross entropy weighted by the effective number of images."""

    weights: WeightRule = "effective-number"


class SmoothingConfig(LossConfig):
    """Base of cross entropies that spread a share of the label over all classes."""

    implementation = "imbnas.losses.smoothing:SmoothingLoss"

    def shares(self, counts: Counts) -> NDArray[np.float64]:
        """(C,) share of each class's label that is spread, in [0, 1)."""
        raise NotImplementedError


class LabelSmoothingConfig(SmoothingConfig):
    """Cross entropy with the same share of every label spread (Szegedy et al., arXiv 1512.00567).

    Attributes:
        smoothing: share of the label that is spread uniformly.
    """

    smoothing: ShareBelowOne = 0.1

    def shares(self, counts: Counts) -> NDArray[np.float64]:
        """The same share for each of the C classes."""
        return np.full(len(counts), self.smoothing)


class LabelAwareSmoothingConfig(SmoothingConfig):
    """Label smoothing that falls from head to tail (MiSLAS; Zhong et al., arXiv 2104.00466).

    Defaults are those of CIFAR-100 at 100x.

    Attributes:
        head: share spread for the largest class.
        tail: share spread for the smallest class, and for all where the counts are equal.
    """

    head: ShareBelowOne = 0.4
    tail: ShareBelowOne = 0.1

    def shares(self, counts: Counts) -> NDArray[np.float64]:
        """Shares that follow a quarter sine from tail to head."""
        span = max(int(counts.max() - counts.min()), 1)
        rank = np.sin(np.pi / 2 * (counts - counts.min()) / span)
        return np.asarray(self.tail + (self.head - self.tail) * rank)


class FocalConfig(LossConfig):
    """Cross entropy, or C binary ones, with well-classified images faded out.

    Attributes:
        gamma: how fast they fade; 0 is plain (binary) cross entropy.
        form: ``softmax`` for (1 - p_y)^gamma times cross entropy, ``sigmoid`` for the original
            sum of C binary terms.
    """

    implementation = "imbnas.losses.focal:focal_loss"

    gamma: NonNegative = 2.0
    form: Literal["softmax", "sigmoid"] = "softmax"

    @property
    def needs(self) -> Needs:
        """The sigmoid form starts badly unless every class starts at probability 1/C."""
        return Needs(prior_bias=self.form == "sigmoid")


class ClassBalancedFocalConfig(FocalConfig):
    """Sigmoid focal loss weighted by the effective number of images.

    The authors divide a batch's sum by its number of positives, which is that of its images.
    """

    weights: WeightRule = "effective-number"
    normalise: Literal["sum_w", "n"] = "n"
    gamma: NonNegative = 1.0
    form: Literal["softmax", "sigmoid"] = "sigmoid"


class LogitTransformConfig(LossConfig):
    """Base of losses that shift or scale each class's logit before the softmax."""

    implementation = "imbnas.losses.softmax:AffineSoftmaxLoss"

    def transform(self, counts: NDArray[np.float64]) -> tuple[Any, Any]:
        """Factor and offset of each class: (C,) arrays, or ``None`` for neither."""
        raise NotImplementedError


class BalancedSoftmaxConfig(LogitTransformConfig):
    """Cross entropy of z + log n."""

    def transform(self, counts: NDArray[np.float64]) -> tuple[Any, Any]:
        """Offset log n."""
        return None, np.log(counts)


class LogitAdjustConfig(LogitTransformConfig):
    """Cross entropy of z + tau log pi.

    Attributes:
        tau: strength of the adjustment; 0 is plain cross entropy.
    """

    tau: NonNegative = 1.0

    def transform(self, counts: NDArray[np.float64]) -> tuple[Any, Any]:
        """Offset tau log pi."""
        return None, self.tau * np.log(counts / counts.sum())


class CdtConfig(LogitTransformConfig):
    """Cross entropy of z_j / (n_max / n_j)^gamma (class-dependent temperatures).

    Attributes:
        gamma: exponent of the temperatures; 0 is plain cross entropy.
    """

    gamma: NonNegative = 0.2

    def transform(self, counts: NDArray[np.float64]) -> tuple[Any, Any]:
        """Factor (n_j / n_max)^gamma."""
        return (counts / counts.max()) ** self.gamma, None


class VsConfig(LogitTransformConfig):
    """Cross entropy of z_j / (n_max / n_j)^gamma + tau log pi_j (vector scaling).

    Attributes:
        gamma: exponent of the temperatures.
        tau: strength of the adjustment.
    """

    gamma: NonNegative = 0.3
    tau: NonNegative = 1.0

    def transform(self, counts: NDArray[np.float64]) -> tuple[Any, Any]:
        """Factor of ``cdt`` and offset of ``logit-adjust``."""
        factor = (counts / counts.max()) ** self.gamma
        return factor, self.tau * np.log(counts / counts.sum())


class CosineConfig(LossConfig):
    """Base of losses on cosines, which they scale themselves.

    Attributes:
        scale: s in softmax(s cos).
    """

    needs: ClassVar[Needs] = Needs(cosine_classifier=True)

    scale: Positive = 30.0

    @property
    def logit_scale(self) -> float:
        """The scale of the cosines."""
        return self.scale


class LdamConfig(CosineConfig):
    """Cosine softmax whose label must win by a margin m_y ∝ n_y^-1/4.

    Attributes:
        max_margin: margin of the smallest class; the authors take 0.3 for iNaturalist.
    """

    implementation = "imbnas.losses.margin:LdamLoss"

    max_margin: NonNegative = 0.5


class GclConfig(CosineConfig):
    """Cosine softmax with Gaussian noise on logits, more of it the rarer the class.

    Attributes:
        noise: largest amount by which a logit is lowered, for the smallest class.
        margin: what is taken off the label's cosine; the authors take 0.1 in their second stage.
    """

    implementation = "imbnas.losses.margin:GclLoss"

    noise: NonNegative = 0.5
    margin: NonNegative = 0.0


class LadeConfig(LossConfig):
    """Cross entropy of z + log pi plus a bound that ties logits to density ratios.

    Attributes:
        alpha: weight of the bound; 0 is logit adjustment at tau 1.
        regularisation: lambda of the squared log-partition term.
    """

    implementation = "imbnas.losses.lade:LadeLoss"
    # The bound averages logits over the images of each class.
    needs: ClassVar[Needs] = Needs(hard_targets=True)

    alpha: NonNegative = 0.1
    regularisation: NonNegative = 0.01


class EqualizationConfig(LossConfig):
    """Softmax that at random leaves rare classes out as negatives (softmax equalization loss).

    Attributes:
        gamma: probability of leaving a rare class out; 0 is plain cross entropy.
        threshold: share of the training images below which a class is rare; ``None`` for half of
            1/C, which is the published 0.05 for CIFAR-10 and 0.005 for CIFAR-100.
    """

    implementation = "imbnas.losses.equalization:EqualizationLoss"

    gamma: Fraction = 0.9
    threshold: Fraction | None = None


class SeesawConfig(LossConfig):
    """Softmax that mitigates punishment of rare classes and compensates for confusions.

    Attributes:
        p: exponent of the mitigation factor; 0 switches it off.
        q: exponent of the compensation factor; 0 switches it off.
        epsilon: floor of the label's probability in the compensation factor.
    """

    implementation = "imbnas.losses.seesaw:SeesawLoss"
    # Labels are counted as they come, which needs integers.
    needs: ClassVar[Needs] = Needs(running_counts=True, hard_targets=True)

    p: NonNegative = 0.8
    q: NonNegative = 2.0
    epsilon: Annotated[float, Field(gt=0, le=1)] = 0.01


class InfluenceBalancedConfig(LossConfig):
    """Cross entropy divided by each image's influence on the classifier.

    ``deferred_from`` is the end of the warm-up with plain cross entropy; the paper takes half of
    the training.

    Attributes:
        alpha: overall factor; the authors choose it so that the loss keeps the level of ``ce``.
        epsilon: added to the influence.
    """

    implementation = "imbnas.losses.influence:InfluenceBalancedLoss"
    # The norm of the features is part of the influence.
    needs: ClassVar[Needs] = Needs(features=True, hard_targets=True)
    # The influence itself starts at the switch.
    can_defer: ClassVar[bool] = True

    weights: WeightRule = "inverse"
    normalise: Literal["sum_w", "n"] = "n"
    alpha: Positive = 1000.0
    epsilon: Positive = 1e-3
