"""imbnas: neural architecture search on long-tailed image data, measured with error bars.

What runs and boards hold:

- ``run(suite, fidelity)``: run a suite from here, with progress; gives its results.
- ``load_results(path)``: tables of a run or board as pandas frames; ``results.answer``.
- ``query(space, architecture, condition, scheme, results)``: what one network reaches.
- ``load_benchmark(source)``: a table of trainings that answers in place of them, a ``Benchmark``.
- ``load_network(path)``: a network that ``imbnas-bench train --save`` kept.

What people use in programs of their own:

- ``condition(name)``: a long-tailed split as a ``torch.utils.data.Dataset``, with its counts.
- ``build_loss(name, class_counts)``: a loss for long-tailed data.
- ``build_network(space, architecture)``: a network of a search space, or a baseline.
- ``counts(space, architecture)``: its parameters and multiply-accumulates.
- ``functional_id(space, architecture)``: which architectures compute the same function.
- ``stats``: rank correlations with intervals, noise ceilings and verdicts, on plain arrays.

``help(imbnas.condition)`` and its like have examples; docs/library.md has more.

These names stay where they are, and so do those in ``__all__`` of the packages that plug-ins use.
Whatever else there is may change. Names resolve on first use, so that importing costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names
from imbnas.version import __version__

if TYPE_CHECKING:
    from imbnas import stats
    from imbnas.execution.saved_network import load_network
    from imbnas.leaderboards.library import load_results, query
    from imbnas.library.condition import condition
    from imbnas.library.networks import build_network, counts, functional_id
    from imbnas.library.running import run
    from imbnas.losses.build import build_loss
    from imbnas.table.benchmark import Benchmark
    from imbnas.table.loading import load_benchmark

__all__ = [
    "Benchmark",
    "__version__",
    "build_loss",
    "build_network",
    "condition",
    "counts",
    "functional_id",
    "load_benchmark",
    "load_network",
    "load_results",
    "query",
    "run",
    "stats",
]

__getattr__, __dir__ = lazy_names(__name__)
