"""Schemes: loss, weights, sampler, schedule, classifier and post-hoc step under one name."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbnas.schemes.registry import SCHEMES
    from imbnas.schemes.resolve import resolve_scheme
    from imbnas.schemes.training_scheme import build_scheme

__all__ = ["SCHEMES", "build_scheme", "resolve_scheme"]

_HOMES = {
    "SCHEMES": "imbnas.schemes.registry",
    "build_scheme": "imbnas.schemes.training_scheme",
    "resolve_scheme": "imbnas.schemes.resolve",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
