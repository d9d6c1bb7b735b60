"""Strategies: how a supernet trained on a source condition is adapted to a target.

Public names are imported on first use, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.strategies.adaptation import Adaptation as Adaptation
    from imbnas.strategies.declarations import Checking as Checking
    from imbnas.strategies.expected_cost import AdaptationSetting as AdaptationSetting
    from imbnas.strategies.expected_cost import ExpectedCost as ExpectedCost
    from imbnas.strategies.head_per_arch import HeadForEach as HeadForEach
    from imbnas.strategies.options import SchemeOption as SchemeOption
    from imbnas.strategies.registry import STRATEGIES as STRATEGIES
    from imbnas.strategies.registry import build_strategy as build_strategy
    from imbnas.strategies.strategy import Strategy as Strategy

__getattr__, __dir__ = lazy_names(__name__)
