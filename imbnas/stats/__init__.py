"""Rank statistics with error bars, usable alone on plain arrays; needs only NumPy and SciPy.

Public names resolve on first use, so that ``import imbnas.stats`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbnas.stats.bootstrap import Interval as Interval
    from imbnas.stats.kendall import tau_b as tau_b
    from imbnas.stats.summary import TInterval as TInterval
    from imbnas.stats.summary import t_interval as t_interval
    from imbnas.stats.transfer import RankTransfer as RankTransfer
    from imbnas.stats.transfer import rank_against_predictor as rank_against_predictor
    from imbnas.stats.transfer import rank_transfer as rank_transfer

_HOMES = {
    "Interval": "bootstrap",
    "RankTransfer": "transfer",
    "TInterval": "summary",
    "rank_against_predictor": "transfer",
    "rank_transfer": "transfer",
    "t_interval": "summary",
    "tau_b": "kendall",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
