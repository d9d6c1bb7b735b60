"""Schemes: loss, weights, sampler, schedule, classifier and post-hoc step under one name.

Public names are imported on first use, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.schemes.cosine_classifier import CosineClassifier as CosineClassifier
    from imbnas.schemes.posthoc.configs import PostHocConfig as PostHocConfig
    from imbnas.schemes.posthoc.correction import Correction as Correction
    from imbnas.schemes.posthoc.correction import TrainingOutputs as TrainingOutputs
    from imbnas.schemes.posthoc.registry import POSTHOC_STEPS as POSTHOC_STEPS
    from imbnas.schemes.registry import SCHEMES as SCHEMES
    from imbnas.schemes.resolve import resolve_scheme as resolve_scheme
    from imbnas.schemes.training_scheme import TrainingScheme as TrainingScheme
    from imbnas.schemes.training_scheme import build_scheme as build_scheme
    from imbnas.units.schemes import SchemeSpec as SchemeSpec

__getattr__, __dir__ = lazy_names(__name__)
