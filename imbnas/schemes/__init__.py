"""Schemes: loss, weights, sampler, schedule, classifier and post-hoc step under one name."""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_attributes

if TYPE_CHECKING:
    from imbnas.schemes.registry import SCHEMES
    from imbnas.schemes.resolve import resolve_scheme
    from imbnas.schemes.training_scheme import build_scheme

__all__ = ["SCHEMES", "build_scheme", "resolve_scheme"]

_HOMES = {
    "SCHEMES": "registry",
    "build_scheme": "training_scheme",
    "resolve_scheme": "resolve",
}

__getattr__ = lazy_attributes(__name__, _HOMES)
