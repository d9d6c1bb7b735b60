"""imbnas: neural architecture search on long-tailed image data, measured with error bars.

Public names resolve on first use, so that ``import imbnas`` costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.execution.saved_network import load_network
    from imbnas.leaderboards.library import load_results, query
    from imbnas.table.benchmark import Benchmark
    from imbnas.table.loading import load_benchmark

__version__ = "0.1.0"

__all__ = ["Benchmark", "__version__", "load_benchmark", "load_network", "load_results", "query"]

__getattr__, __dir__ = lazy_names(__name__)
