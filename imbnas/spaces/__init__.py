"""Search spaces: architectures as strings, their identities, counts and networks.

Public names resolve when first used, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_attributes

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

__getattr__ = lazy_attributes(__name__, _HOMES)
