"""Searchers: how the best architecture of an adapted supernet is found.

Public names are imported on first use, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.search.deduplication import Deduplicator as Deduplicator
    from imbnas.search.mac_options import MacOptions as MacOptions
    from imbnas.search.registry import SEARCHERS as SEARCHERS
    from imbnas.search.registry import build_searcher as build_searcher
    from imbnas.search.scoreboard import Scoreboard as Scoreboard
    from imbnas.search.searcher import CheckingSearcher as CheckingSearcher
    from imbnas.search.searcher import Searcher as Searcher

__getattr__, __dir__ = lazy_names(__name__)
