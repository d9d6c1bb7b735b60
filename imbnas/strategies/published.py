"""The four procedures of IMB-NAS (arXiv:2210.00136, table 2)."""

from typing import ClassVar, Literal

from imbnas.strategies.adaptation import Adaptation
from imbnas.supernet.supernet import Supernet


class SearchOnSource:
    """P0: nothing is trained; the source supernet is searched on the source condition."""

    scores_on: ClassVar[Literal["source"]] = "source"
    recipe: ClassVar[Literal["adaptation"]] = "adaptation"

    def adapt(self, adaptation: Adaptation) -> Supernet:
        """Return the source supernet as it is."""
        return adaptation.supernet


class RetrainClassifier:
    """P1: the backbone stays bit-unchanged, a new classifier learns the target.

    The re-weighted loss holds from the start, as published.
    """

    scores_on: ClassVar[Literal["target"]] = "target"
    recipe: ClassVar[Literal["adaptation"]] = "adaptation"

    def adapt(self, adaptation: Adaptation) -> Supernet:
        """Retrain the classifier on features of uniformly sampled paths."""
        supernet = adaptation.supernet
        _replace_classifier(adaptation)
        undelayed = adaptation.scheme.model_copy(
            update={"deferred_from": None, "deferred_from_epoch": None}
        )
        adaptation.trainer.train(supernet, undelayed, adaptation.recipe, freeze_backbone_from=0)
        return supernet


class FineTune:
    """P2: backbone fine-tuned and a new classifier trained with the delayed loss."""

    scores_on: ClassVar[Literal["target"]] = "target"
    recipe: ClassVar[Literal["adaptation"]] = "adaptation"

    def adapt(self, adaptation: Adaptation) -> Supernet:
        """Train everything for the adaptation recipe's epochs."""
        supernet = adaptation.supernet
        _replace_classifier(adaptation)
        adaptation.trainer.train(supernet, adaptation.scheme, adaptation.recipe)
        return supernet


class TrainFromScratch:
    """P3, the paragon: a supernet trained on the target alone."""

    scores_on: ClassVar[Literal["target"]] = "target"
    recipe: ClassVar[Literal["supernet"]] = "supernet"

    def adapt(self, adaptation: Adaptation) -> Supernet:
        """Train a new supernet by the supernet recipe."""
        supernet = adaptation.fresh_supernet()
        adaptation.trainer.train(supernet, adaptation.scheme, adaptation.recipe)
        return supernet


def _replace_classifier(adaptation: Adaptation) -> None:
    adaptation.supernet.classifier = adaptation.fresh_supernet().classifier
