"""The four procedures of IMB-NAS (arXiv:2210.00136, table 2) and their near relatives."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from imbnas.errors import InputError
from imbnas.losses.schedule import switch_epoch
from imbnas.strategies.options import SchemeOption, ScoredOnTarget
from imbnas.units.bounds import EpochNumber
from imbnas.units.frozen import FrozenModel
from imbnas.units.schemes import DEFERRALS

if TYPE_CHECKING:
    from imbnas.strategies.adaptation import Adaptation
    from imbnas.supernet.supernet import Supernet
    from imbnas.units.recipes import Recipe
    from imbnas.units.schemes import SchemeSpec


class SearchOnSource(FrozenModel):
    """P0: nothing is trained; the source supernet is searched on the source condition."""

    scores_on: ClassVar[Literal["source"]] = "source"
    recipe: ClassVar[Literal["adaptation"]] = "adaptation"

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Return the source supernet as it is."""
        return adaptation.supernet


class RetrainClassifier(ScoredOnTarget):
    """P1: the backbone stays bit-unchanged, a new classifier learns the target.

    All that the scheme defers holds from the start, as published for the re-weighted loss. Batches
    are normalised by their own statistics while the classifier trains.

    Attributes:
        scheme: in place of the target's.
    """

    keep_statistics: ClassVar[bool] = True

    scheme: SchemeOption = None

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Retrain the classifier on features of uniformly sampled paths."""
        supernet = adaptation.with_new_classifier()
        adaptation.trainer.train(
            supernet,
            undelayed(adaptation.scheme),
            adaptation.recipe,
            freeze_backbone_from=0,
            keep_statistics=self.keep_statistics,
        )
        return supernet


class RetrainClassifierWithDrift(RetrainClassifier):
    """P1 as a training loop in training mode does it: running statistics follow the target.

    Scores that rest on calibrated statistics or on those of the validation batch do not see the
    difference.
    """

    keep_statistics: ClassVar[bool] = False


class FineTune(ScoredOnTarget):
    """P2: backbone fine-tuned and a new classifier trained with the delayed loss.

    Attributes:
        freeze_after: epochs of fine-tuning before the backbone is frozen (table 4).
        freeze_after_fraction: the same as a part of the recipe, for suites whose fidelities
            differ in epochs. Without either the backbone is never frozen.
        scheme: in place of the target's.
    """

    delays: ClassVar[bool] = True

    freeze_after: Annotated[EpochNumber, Field(strict=True)] | None = None
    freeze_after_fraction: Annotated[float, Field(ge=0, le=1)] | None = None
    scheme: SchemeOption = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "FineTune":
        if self.freeze_after is not None and self.freeze_after_fraction is not None:
            raise ValueError("give either freeze_after or freeze_after_fraction, not both")
        return self

    def check(self, source: "SchemeSpec", target: "SchemeSpec", recipe: "Recipe") -> None:
        """Refuse to freeze after the end, which a table would show as a variant of its own."""
        if self.freeze_after is not None and self.freeze_after > recipe.epochs:
            raise InputError(
                f"option 'freeze_after': {self.freeze_after} exceeds the recipe's {recipe.epochs} "
                "epochs; lower it, or give freeze_after_fraction"
            )

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Train everything for the adaptation recipe's epochs, or a part of them."""
        supernet = adaptation.with_new_classifier()
        adaptation.trainer.train(
            supernet,
            adaptation.scheme,
            adaptation.recipe,
            freeze_backbone_from=self._frozen_from(adaptation.recipe.epochs),
        )
        return supernet

    def _frozen_from(self, epochs: int) -> int | None:
        if self.freeze_after is None and self.freeze_after_fraction is None:
            return None
        return switch_epoch(self.freeze_after_fraction, self.freeze_after, epochs)


class TrainFromScratch(FrozenModel):
    """P3, the paragon: a supernet trained on the target alone.

    Attributes:
        scheme: in place of the target's (table 5).
    """

    scores_on: ClassVar[Literal["target"]] = "target"
    recipe: ClassVar[Literal["supernet"]] = "supernet"
    delays: ClassVar[bool] = True

    scheme: SchemeOption = None

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Train a new supernet by the supernet recipe."""
        supernet = adaptation.fresh_supernet()
        adaptation.trainer.train(supernet, adaptation.scheme, adaptation.recipe)
        return supernet


class TrainOn(TrainFromScratch):
    """P3 from a warm start: the source's backbone, a new classifier, the supernet recipe."""

    def adapt(self, adaptation: "Adaptation") -> "Supernet":
        """Go on training by the supernet recipe."""
        supernet = adaptation.with_new_classifier()
        adaptation.trainer.train(supernet, adaptation.scheme, adaptation.recipe)
        return supernet


def undelayed(scheme: "SchemeSpec") -> "SchemeSpec":
    """The scheme without a delay: its weights and its sampler hold from the start.

    The first epochs of ``influence-balanced`` are no delay but the warm-up that its influences need
    (arXiv:2110.02444): they stay.
    """
    kept = ("deferred_from", "deferred_from_epoch") if scheme.loss == "influence-balanced" else ()
    return scheme.model_copy(update={field: None for field in DEFERRALS if field not in kept})
