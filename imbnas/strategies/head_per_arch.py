"""A closed-form head for each candidate: no classifier is shared."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, runtime_checkable

from pydantic import Field, model_validator

from imbnas.strategies.options import ScoredOnTarget

if TYPE_CHECKING:
    from torch import Tensor

    from imbnas.strategies.adaptation import Adaptation
    from imbnas.supernet.heads import Head
    from imbnas.supernet.supernet import Supernet


@runtime_checkable
class HeadForEach(Protocol):
    """A strategy whose candidates are scored with heads of their own.

    The head belongs to scoring: the search makes one for each candidate, of features of all
    training images of the condition that is scored on. What ``adapt`` returned holds the backbone.
    """

    def head_for(self, features: "Tensor", labels: "Tensor", num_classes: int) -> "Head":
        """Make the head of one architecture.

        Args:
            features: (N, F) of training images, with the statistics that scoring uses.
            labels: (N,) integer labels.
            num_classes: K.
        """


class HeadPerArchitecture(ScoredOnTarget):
    """Source backbone; class means or a balanced ridge regression as head of each candidate.

    Attributes:
        head: ``means`` scores a class by the distance to the mean of its centred features of
            length 1 (nearest class mean; Kang et al., arXiv 1910.09217). ``ridge`` regresses
            one-hot labels on features, every class with the same total weight.
        strength: of the ridge penalty, relative to the mean eigenvalue of the features'
            covariance; 0.01 where not given. Only for ``ridge``.
    """

    head: Literal["means", "ridge"] = "ridge"
    strength: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _belongs_to_ridge(cls, options: Any) -> Any:
        if options.get("head") == "means" and options.get("strength") is not None:
            raise ValueError("strength is for head 'ridge'; leave it out")
        return options

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Return the source's backbone; the untrained classifier is not used."""
        return adaptation.with_new_classifier()

    def head_for(self, features: "Tensor", labels: "Tensor", num_classes: int) -> "Head":
        """Make the head of one architecture, see ``HeadForEach``."""
        from imbnas.strategies.closed_form import class_means, ridge

        if self.head == "means":
            return class_means(features, labels, num_classes)
        return ridge(features, labels, num_classes, self.strength or 0.01)
