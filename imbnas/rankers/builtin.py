"""Options of the built-in rankers, checked without torch."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from imbnas.units.frozen import FrozenModel

if TYPE_CHECKING:
    from imbnas.rankers.candidate import Candidate, Score

BatchSize = Annotated[int, Field(ge=2)]


class GradNorm(FrozenModel):
    """Sum over layers of the Euclidean norm of the loss's gradient.

    Attributes:
        batch_size: images of the one batch.
    """

    batch_size: BatchSize = 64

    def score(self, candidate: "Candidate") -> "Score":
        """See ``gradients.gradient_norm``."""
        from imbnas.rankers.gradients import gradient_norm

        return gradient_norm(candidate, self.batch_size)


class Snip(FrozenModel):
    """Sum over weights of |weight · gradient|.

    Attributes:
        batch_size: images of the one batch.
    """

    batch_size: BatchSize = 64

    def score(self, candidate: "Candidate") -> "Score":
        """See ``gradients.saliency``."""
        from imbnas.rankers.gradients import saliency

        return saliency(candidate, self.batch_size)


class SynFlow(FrozenModel):
    """Sum over weights of |weight · gradient| of the flow through absolute weights; no data."""

    def score(self, candidate: "Candidate") -> "Score":
        """See ``synflow.synaptic_flow``."""
        from imbnas.rankers.synflow import synaptic_flow

        return synaptic_flow(candidate)


class Naswot(FrozenModel):
    """Log-determinant of the kernel of the images' binary activation codes.

    Attributes:
        batch_size: images of the one batch; the kernel is singular where two share a code.
    """

    batch_size: BatchSize = 64

    def score(self, candidate: "Candidate") -> "Score":
        """See ``naswot.log_determinant``."""
        from imbnas.rankers.naswot import log_determinant

        return log_determinant(candidate, self.batch_size)


class JacobCov(FrozenModel):
    """How little the gradients of the outputs with respect to the images correlate.

    Attributes:
        batch_size: images of the one batch.
    """

    batch_size: BatchSize = 64

    def score(self, candidate: "Candidate") -> "Score":
        """See ``jacobian.decorrelation``."""
        from imbnas.rankers.jacobian import decorrelation

        return decorrelation(candidate, self.batch_size)


class ShortTraining(FrozenModel):
    """Mean per-class recall on validation images after a short training.

    Attributes:
        fraction: of the recipe's epochs, at least one of which is trained.
    """

    fraction: Annotated[float, Field(gt=0, le=1)] = 0.1

    def score(self, candidate: "Candidate") -> "Score":
        """See ``short_training.train_shortly``."""
        from imbnas.rankers.short_training import train_shortly

        return train_shortly(candidate, self.fraction)
