"""What each post-hoc step accepts, as frozen models that are checked without torch."""

from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from imbnas.units.frozen import FrozenModel

if TYPE_CHECKING:
    from torch import Tensor, nn

    from imbnas.schemes.posthoc.correction import Correction


class PostHocConfig(FrozenModel):
    """Options of a post-hoc step.

    Attributes:
        needs_linear_classifier: the step reads the classifier's weight norms, which a cosine
            classifier does not have.
    """

    needs_linear_classifier: ClassVar[bool] = False

    def fit(
        self,
        features: "Tensor",
        logits: "Tensor",
        labels: "Tensor",
        counts: NDArray[np.int64],
        classifier: "nn.Module",
        seed: int,
    ) -> "Correction":
        """Fit the step on training images.

        Args:
            features: (N, F) cached features of training images without augmentation.
            logits: (N, C) logits of the same images.
            labels: (N,) integer labels.
            counts: (C,) training images per class.
            classifier: the trained classifier; it is left as it is.
            seed: of the random draws of steps that train something.

        Returns:
            A function from (M, F) features and (M, C) logits to (M, C) corrected logits.
        """
        raise NotImplementedError


class LogitAdjustmentConfig(PostHocConfig):
    """Subtract tau log pi from the logits (Menon et al., arXiv 2007.07314)."""

    tau: Annotated[float, Field(ge=0)] = 1.0

    def fit(
        self,
        features: "Tensor",
        logits: "Tensor",
        labels: "Tensor",
        counts: NDArray[np.int64],
        classifier: "nn.Module",
        seed: int,
    ) -> "Correction":
        """Needs nothing but the class counts."""
        from imbnas.schemes.posthoc.closed_form import adjust_logits

        return adjust_logits(counts, self.tau)
