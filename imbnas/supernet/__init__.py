"""Supernets: one network that holds all architectures of a space by weight sharing.

Public names are imported on first use, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.supernet.registry import SUPERNETS as SUPERNETS
    from imbnas.supernet.slicing import SlicedConv2d as SlicedConv2d
    from imbnas.supernet.slicing import SlicedNorm as SlicedNorm
    from imbnas.supernet.slicing import SlicedSkip as SlicedSkip
    from imbnas.supernet.slicing import pad_features as pad_features
    from imbnas.supernet.slicing import slice_layers as slice_layers
    from imbnas.supernet.supernet import Supernet as Supernet

__getattr__, __dir__ = lazy_names(__name__)
