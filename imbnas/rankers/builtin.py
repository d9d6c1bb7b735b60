"""Options of the built-in rankers, checked without torch."""

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from imbnas.errors import InputError
from imbnas.rankers.ranker import Passes
from imbnas.units.bounds import BatchSize
from imbnas.units.frozen import FrozenModel

if TYPE_CHECKING:
    from imbnas.rankers.candidate import Candidate, Score
    from imbnas.rankers.ranker import RankingSetting


class OneBatch(FrozenModel):
    """Looks at one batch of training images.

    Attributes:
        formula: ``"module:function"`` that scores a candidate on a batch of that many images; it
            is imported on first use.
        batch_size: images of the one batch; all there are where they are fewer.
    """

    formula: ClassVar[str]
    batch_size: Annotated[BatchSize, Field(ge=2)] = 64

    def score(self, candidate: "Candidate") -> "Score":
        """See the function that ``formula`` names."""
        score: Score = resolve_name(self.formula)(candidate, self.batch_size)
        return score

    def expected_passes(self, setting: "RankingSetting") -> Passes:
        """The batch, forward and backward."""
        return Passes(backward=min(self.batch_size, setting.train_images))


class GradNorm(OneBatch):
    """Sum over layers of the Euclidean norm of the loss's gradient."""

    formula: ClassVar[str] = "imbnas.rankers.gradients:gradient_norm"


class Snip(OneBatch):
    """Sum over weights of |weight · gradient|."""

    formula: ClassVar[str] = "imbnas.rankers.gradients:saliency"


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

    formula: ClassVar[str] = "imbnas.rankers.naswot:log_determinant"

    def expected_passes(self, setting: "RankingSetting") -> Passes:
        """The batch, forward alone."""
        return Passes(forward=super().expected_passes(setting).backward)


class JacobCov(OneBatch):
    """How little the gradients of the outputs with respect to the images correlate.

    The correlation centres each image's gradient, so that it is singular whatever the network for
    as many images as an image has values.
    """

    formula: ClassVar[str] = "imbnas.rankers.jacobian:decorrelation"

    def check(self, images: int, values: int) -> None:
        """See ``CheckingRanker.check``."""
        batch = min(self.batch_size, images)
        if batch >= values:
            raise InputError(
                f"option 'batch_size': the correlation of {batch} images of {values} values is "
                f"singular for every network; give fewer, such as {max(2, values // 2)}"
            )


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
