"""Rankers: scores of architectures without a supernet, at initialisation or after a few epochs.

Public names are imported on first use, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.rankers.candidate import Candidate as Candidate
    from imbnas.rankers.candidate import Score as Score
    from imbnas.rankers.candidate import Task as Task
    from imbnas.rankers.ranker import Passes as Passes
    from imbnas.rankers.ranker import Ranker as Ranker
    from imbnas.rankers.ranker import RankingSetting as RankingSetting
    from imbnas.rankers.registry import RANKERS as RANKERS
    from imbnas.rankers.registry import build_ranker as build_ranker

__getattr__, __dir__ = lazy_names(__name__)
