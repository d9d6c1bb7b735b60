"""Losses for long-tailed classification, usable in anybody's training loop.

Public names are imported on first use, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.losses.build import build_loss as build_loss
    from imbnas.losses.configs import CosineConfig as CosineConfig
    from imbnas.losses.configs import CrossEntropyConfig as CrossEntropyConfig
    from imbnas.losses.configs import LogitTransformConfig as LogitTransformConfig
    from imbnas.losses.configs import LossConfig as LossConfig
    from imbnas.losses.configs import Needs as Needs
    from imbnas.losses.loss import Loss as Loss
    from imbnas.losses.registry import LOSSES as LOSSES

__getattr__, __dir__ = lazy_names(__name__)
