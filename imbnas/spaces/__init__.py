"""Search spaces: architectures as strings, their identities, counts and networks.

Public names resolve when first used, so that importing this package costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbnas.spaces.registry import SPACES, SpaceFactory, get_space
    from imbnas.spaces.space import Counts, NetworkShape, Space

__all__ = ["SPACES", "Counts", "NetworkShape", "Space", "SpaceFactory", "get_space"]

_HOMES = {
    "SPACES": "registry",
    "SpaceFactory": "registry",
    "get_space": "registry",
    "Counts": "space",
    "NetworkShape": "space",
    "Space": "space",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
