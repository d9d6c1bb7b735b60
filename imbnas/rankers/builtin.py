"""Options of the built-in rankers, checked without torch."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from imbnas.rankers.ranker import Passes
from imbnas.units.frozen import FrozenModel

if TYPE_CHECKING:
    from imbnas.rankers.candidate import Candidate, Score
    from imbnas.rankers.ranker import RankingSetting


class OneBatch(FrozenModel):
    """Looks at one batch of training images.

    Attributes:
        batch_size: images of the one batch; all there are where they are fewer.
    """

    batch_size: Annotated[int, Field(ge=2)] = 64

    def expected_passes(self, setting: "RankingSetting") -> Passes:
        """The batch, forward and backward."""
        return Passes(backward=min(self.batch_size, setting.train_images))


class GradNorm(OneBatch):
    """Sum over layers of the Euclidean norm of the loss's gradient."""

    def score(self, candidate: "Candidate") -> "Score":
        """See ``gradients.gradient_norm``."""
        from imbnas.rankers.gradients import gradient_norm

        return gradient_norm(candidate, self.batch_size)


class Snip(OneBatch):
    """Sum over weights of |weight · gradient|."""

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

    def expected_passes(self, setting: "RankingSetting") -> Passes:
        """One image of ones, forward and backward."""
        return Passes(backward=1)


class Naswot(OneBatch):
    """Log-determinant of the kernel of the images' binary activation codes.

    The kernel is singular where two images of the batch share a code.
    """

    def score(self, candidate: "Candidate") -> "Score":
        """See ``naswot.log_determinant``."""
        from imbnas.rankers.naswot import log_determinant

        return log_determinant(candidate, self.batch_size)

    def expected_passes(self, setting: "RankingSetting") -> Passes:
        """The batch, forward alone."""
        return Passes(forward=super().expected_passes(setting).backward)


class JacobCov(OneBatch):
    """How little the gradients of the outputs with respect to the images correlate."""

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

    def expected_passes(self, setting: "RankingSetting") -> Passes:
        """The short training, and what a whole one evaluates afterwards."""
        from imbnas.rankers.short_training import shortened
        from imbnas.training.counting import finishing_passes, trained_images

        images, recipe = setting.train_images, shortened(setting.recipe, self.fraction)
        finishing = finishing_passes(recipe, setting.scheme) * images
        return Passes(
            forward=finishing + setting.validation_images,
            backward=trained_images(recipe, images),
        )
