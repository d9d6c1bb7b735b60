"""Strategies that train nothing and keep the source's classifier."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from imbnas.errors import InputError
from imbnas.strategies.options import ScoredOnTarget

if TYPE_CHECKING:
    from imbnas.strategies.adaptation import Adaptation
    from imbnas.supernet.supernet import Supernet
    from imbnas.units.recipes import Recipe
    from imbnas.units.schemes import SchemeSpec


class Recalibrate(ScoredOnTarget):
    """The source supernet scored on the target.

    Scoring calibrates the batch statistics of each candidate on training images of the target, so
    that there is nothing left to do here.
    """

    same_classes: ClassVar[bool] = True

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Return the source supernet as it is."""
        return adaptation.supernet


class AdjustLogits(ScoredOnTarget):
    """``Recalibrate`` with logits z_j - tau log pi_j, pi the target's shares of training images.

    The adjustment is that of Menon et al. (arXiv 2007.07314), made for a classifier that was
    trained on pi. A classifier of a balanced source has no such prior to be freed of: for it
    this asks which candidates distinguish rare classes from frequent ones when rare ones are
    favoured.

    Attributes:
        tau: strength; 0 is ``bn-only``.
    """

    same_classes: ClassVar[bool] = True

    tau: Annotated[float, Field(ge=0)] = 1.0

    def check(self, source: "SchemeSpec", target: "SchemeSpec", recipe: "Recipe") -> None:
        """Refuse a classifier that has no bias to hold the adjustment."""
        if source.classifier != "linear":
            raise InputError(
                f"it adjusts a linear classifier, and the source's scheme {source.name!r} trains "
                f"a {source.classifier} one; leave it out or take another source scheme"
            )

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Put the adjustment into the classifier's bias.

        Raises:
            TypeError: the classifier is not linear.
        """
        import torch

        classifier = adaptation.supernet.classifier
        if not isinstance(classifier, torch.nn.Linear):
            raise TypeError(f"a {type(classifier).__name__} has no bias to adjust")
        counts = torch.tensor(adaptation.class_counts, dtype=torch.float64)
        with torch.no_grad():
            classifier.bias.sub_((self.tau * (counts / counts.sum()).log()).to(classifier.bias))
        return adaptation.supernet
