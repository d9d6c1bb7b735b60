"""imbnas: neural architecture search on long-tailed image data, measured with error bars.

Public names resolve on first use, so that ``import imbnas`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbnas.leaderboards.library import load_results as load_results
    from imbnas.leaderboards.library import query as query

__version__ = "0.1.0"

_HOMES = {
    "load_results": "imbnas.leaderboards.library",
    "query": "imbnas.leaderboards.library",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
