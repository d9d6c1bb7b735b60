"""Losses for long-tailed classification, usable in anybody's training loop."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbnas.losses.build import build_loss
    from imbnas.losses.registry import LOSSES

__all__ = ["LOSSES", "build_loss"]

_HOMES = {"LOSSES": "imbnas.losses.registry", "build_loss": "imbnas.losses.build"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
