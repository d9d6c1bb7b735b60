"""What each post-hoc step accepts, as frozen models that are checked without torch."""

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from imbnas.units.bounds import BatchSize, Epochs
from imbnas.units.frozen import FrozenModel

if TYPE_CHECKING:
    from imbnas.schemes.posthoc.correction import Correction, TrainingOutputs

NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


class PostHocConfig(FrozenModel):
    """Options of a post-hoc step; a step adds its own and says how it is fitted.

    Attributes:
        implementation: ``"module:function"`` that fits the step, called with the outputs, the
            options and the seed; imported when a step is fitted.
        needs_linear_classifier: the step reads the classifier's weight norms, which a cosine
            classifier does not have.
    """

    implementation: ClassVar[str]
    needs_linear_classifier: ClassVar[bool] = False

    def fit(self, outputs: "TrainingOutputs", seed: int) -> "Correction":
        """Fit the step on cached outputs for training images; imports torch."""
        correction: Correction = resolve_name(self.implementation)(outputs, self, seed)
        return correction


class LogitAdjustmentConfig(PostHocConfig):
    """Subtract tau log pi from the logits.

    Attributes:
        tau: strength; 0 changes nothing.
    """

    implementation = "imbnas.schemes.posthoc.closed_form:adjust_logits"

    tau: NonNegative = 1.0


class TauNormConfig(PostHocConfig):
    """Divide each class's weight vector by its norm to the power tau.

    Attributes:
        tau: 0 keeps the weights, 1 makes all norms 1.
        bias: ``drop`` as the authors do, ``keep`` for the classifier's own.
    """

    implementation = "imbnas.schemes.posthoc.closed_form:normalise_weights"
    needs_linear_classifier = True

    tau: NonNegative = 1.0
    bias: Literal["drop", "keep"] = "drop"


class NcmConfig(PostHocConfig):
    """Classify by the nearest class mean of features.

    Attributes:
        features: ``un`` as they are, ``l2n`` of length 1, ``cl2n`` centred and of length 1.
        distance: the logit is minus the squared ``euclidean`` distance, or the ``cosine``.
    """

    implementation = "imbnas.schemes.posthoc.nearest_mean:nearest_class_mean"

    features: Literal["un", "l2n", "cl2n"] = "cl2n"
    distance: Literal["euclidean", "cosine"] = "euclidean"


class HeadConfig(PostHocConfig):
    """Base of steps that train a small head by SGD with a cosine schedule on cached outputs.

    Attributes:
        epochs: one epoch draws as many images as there are, from all classes equally often
            where the step is class-balanced.
        lr: peak learning rate.
        momentum: of SGD.
        weight_decay: on all of the head's parameters.
        batch_size: images in a step.
    """

    epochs: Epochs = 30
    lr: Positive = 0.1
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: NonNegative = 5e-4
    batch_size: BatchSize = 128


class CrtConfig(HeadConfig):
    """Train a new linear classifier with class-balanced drawing."""

    implementation = "imbnas.schemes.posthoc.heads:fit_crt"


class LwsConfig(HeadConfig):
    """Train one scale for each logit with class-balanced drawing."""

    implementation = "imbnas.schemes.posthoc.heads:fit_lws"


class ReweightedHeadConfig(HeadConfig):
    """Base of heads trained on images as they come with weights w ∝ n^-power.

    Attributes:
        power: 1.2 is the value for ImageNet-LT.
    """

    epochs: Epochs = 10
    batch_size: BatchSize = 256
    power: NonNegative = 1.2


class MarcConfig(ReweightedHeadConfig):
    """Train a margin for each class: omega_j z_j + beta_j |w_j|."""

    implementation = "imbnas.schemes.posthoc.heads:fit_marc"
    needs_linear_classifier = True


class DisAlignConfig(ReweightedHeadConfig):
    """Train a calibration of logits and how far each image trusts it."""

    implementation = "imbnas.schemes.posthoc.heads:fit_disalign"
