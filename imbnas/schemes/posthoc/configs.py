"""What each post-hoc step accepts, as frozen models that are checked without torch."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from imbnas.units.frozen import FrozenModel

if TYPE_CHECKING:
    from imbnas.schemes.posthoc.correction import Correction, TrainingOutputs

NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
PositiveInt = Annotated[int, Field(ge=1)]


class PostHocConfig(FrozenModel):
    """Options of a post-hoc step; a step adds its own and says how it is fitted.

    Attributes:
        needs_linear_classifier: the step reads the classifier's weight norms, which a cosine
            classifier does not have.
    """

    needs_linear_classifier: ClassVar[bool] = False

    def fit(self, outputs: "TrainingOutputs", seed: int) -> "Correction":
        """Fit the step on cached outputs for training images; imports torch."""
        raise NotImplementedError


class LogitAdjustmentConfig(PostHocConfig):
    """Subtract tau log pi from the logits.

    Attributes:
        tau: strength; 0 changes nothing.
    """

    tau: NonNegative = 1.0

    def fit(self, outputs: "TrainingOutputs", seed: int) -> "Correction":
        """Needs nothing but the class counts."""
        from imbnas.schemes.posthoc.closed_form import adjust_logits

        return adjust_logits(outputs, self.tau)


class TauNormConfig(PostHocConfig):
    """Divide each class's weight vector by its norm to the power tau.

    Attributes:
        tau: 0 keeps the weights, 1 makes all norms 1.
        bias: ``drop`` as the authors do, ``keep`` for the classifier's own.
    """

    needs_linear_classifier: ClassVar[bool] = True

    tau: NonNegative = 1.0
    bias: Literal["drop", "keep"] = "drop"

    def fit(self, outputs: "TrainingOutputs", seed: int) -> "Correction":
        """Needs nothing but the classifier."""
        from imbnas.schemes.posthoc.closed_form import normalise_weights

        return normalise_weights(outputs, self.tau, keep_bias=self.bias == "keep")


class NcmConfig(PostHocConfig):
    """Classify by the nearest class mean of features.

    Attributes:
        features: ``un`` as they are, ``l2n`` of length 1, ``cl2n`` centred and of length 1.
        distance: the logit is minus the squared ``euclidean`` distance, or the ``cosine``.
    """

    features: Literal["un", "l2n", "cl2n"] = "cl2n"
    distance: Literal["euclidean", "cosine"] = "euclidean"

    def fit(self, outputs: "TrainingOutputs", seed: int) -> "Correction":
        """Average the features of each class."""
        from imbnas.schemes.posthoc.nearest_mean import nearest_class_mean

        return nearest_class_mean(outputs, self.features, self.distance)


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

    epochs: PositiveInt = 30
    lr: Positive = 0.1
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: NonNegative = 5e-4
    batch_size: PositiveInt = 128


class CrtConfig(HeadConfig):
    """Train a new linear classifier with class-balanced drawing."""

    def fit(self, outputs: "TrainingOutputs", seed: int) -> "Correction":
        """Train on features."""
        from imbnas.schemes.posthoc.heads import fit_crt

        return fit_crt(outputs, self, seed)


class LwsConfig(HeadConfig):
    """Train one scale for each logit with class-balanced drawing."""

    def fit(self, outputs: "TrainingOutputs", seed: int) -> "Correction":
        """Train on logits."""
        from imbnas.schemes.posthoc.heads import fit_lws

        return fit_lws(outputs, self, seed)


class ReweightedHeadConfig(HeadConfig):
    """Base of heads trained on images as they come with weights w ∝ n^-power.

    Attributes:
        power: 1.2 is the value for ImageNet-LT.
    """

    epochs: PositiveInt = 10
    batch_size: PositiveInt = 256
    power: NonNegative = 1.2


class MarcConfig(ReweightedHeadConfig):
    """Train a margin for each class: omega_j z_j + beta_j |w_j|."""

    needs_linear_classifier: ClassVar[bool] = True

    def fit(self, outputs: "TrainingOutputs", seed: int) -> "Correction":
        """Train on logits."""
        from imbnas.schemes.posthoc.heads import fit_marc

        return fit_marc(outputs, self, seed)


class DisAlignConfig(ReweightedHeadConfig):
    """Train a calibration of logits and how far each image trusts it."""

    def fit(self, outputs: "TrainingOutputs", seed: int) -> "Correction":
        """Train on features and logits."""
        from imbnas.schemes.posthoc.heads import fit_disalign

        return fit_disalign(outputs, self, seed)
