"""Search spaces: architectures as strings, their identities, counts and networks.

Public names are imported on first use, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.spaces.registry import SPACES as SPACES
    from imbnas.spaces.registry import SpaceFactory as SpaceFactory
    from imbnas.spaces.registry import get_space as get_space
    from imbnas.spaces.scanner import Scanner as Scanner
    from imbnas.spaces.space import Counts as Counts
    from imbnas.spaces.space import EnumerableSpace as EnumerableSpace
    from imbnas.spaces.space import FairSpace as FairSpace
    from imbnas.spaces.space import NetworkShape as NetworkShape
    from imbnas.spaces.space import Space as Space
    from imbnas.spaces.space import SpellingSpace as SpellingSpace
    from imbnas.spaces.variation import MacBound as MacBound

__getattr__, __dir__ = lazy_names(__name__)
