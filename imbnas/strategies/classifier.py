"""Gives a copy of the source supernet a classifier for the target's classes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imbnas.strategies.adaptation import Adaptation
    from imbnas.supernet.supernet import Supernet


def with_new_classifier(adaptation: "Adaptation") -> "Supernet":
    """The source supernet with an untrained classifier, changed in place."""
    adaptation.supernet.classifier = adaptation.fresh_supernet().classifier
    return adaptation.supernet
