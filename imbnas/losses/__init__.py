"""Losses for long-tailed classification, usable in anybody's training loop."""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_attributes

if TYPE_CHECKING:
    from imbnas.losses.build import build_loss
    from imbnas.losses.registry import LOSSES

__all__ = ["LOSSES", "build_loss"]

_HOMES = {"LOSSES": "registry", "build_loss": "build"}

__getattr__ = lazy_attributes(__name__, _HOMES)
