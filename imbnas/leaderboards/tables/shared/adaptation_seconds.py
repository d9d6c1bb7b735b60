"""Wall-clock seconds of strategies, beside the ratio of their multiply-accumulates."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared.adaptation_cost import adaptation_ratio
from imbnas.leaderboards.tables.shared.summary import mean
from imbnas.suites.expand import Chain
from imbnas.suites.schema import AdaptationPart

COLUMNS = (
    "part", "searcher", "adapt_seconds", "search_seconds", "seconds_ratio",
    "seconds_ratio_with_search", "macs_ratio",
)  # fmt: skip
PARAGON = "p3"
KINDS = ("adapt", "search")

Row = dict[str, Any]


def seconds_of_strategies(results: Results) -> Iterator[Row]:
    """One row for each strategy and searcher of every adaptation part.

    - ``adapt_seconds``, ``search_seconds``: means over finished replicates.
    - ``seconds_ratio``: seconds of the adaptation over those of ``p3`` in the same replicate, mean
      over replicates; ``seconds_ratio_with_search`` the same of adaptation and search together.
      Empty in a part without ``p3``.
    - ``macs_ratio``: as ``cost_ratio`` of the table ``adaptation``.
    - ``n_missing``: replicates whose adaptation or search is not finished.
    """
    for name, part in results.parts(AdaptationPart):
        searchers = results.expansion.searchers(part)
        for strategy, searcher in product(part.choices, searchers):
            chains = results.chains(part, strategy, searcher)
            paragons: Sequence[Chain] = ()
            if PARAGON in part.choices:
                paragons = results.chains(part, PARAGON, searcher)
            yield {
                "part": name,
                "what": strategy,
                "searcher": searcher,
                "condition": part.target.condition,
                "scheme": part.target.scheme,
                **_row(results, part, chains, paragons),
            }


def _row(
    results: Results, part: AdaptationPart, chains: Sequence[Chain], paragons: Sequence[Chain]
) -> Row:
    adapted, searched = ([_seconds(results, c, kind) for c in chains] for kind in KINDS)
    both = [_total(results, chain) for chain in chains]
    return {
        "adapt_seconds": mean([s for s in adapted if s is not None]),
        "search_seconds": mean([s for s in searched if s is not None]),
        "seconds_ratio": _ratio(adapted, [_seconds(results, c, "adapt") for c in paragons]),
        "seconds_ratio_with_search": _ratio(both, [_total(results, c) for c in paragons]),
        "macs_ratio": adaptation_ratio(results, part, chains),
        "n_missing": both.count(None),
        "n_replicates": len(both) - both.count(None),
    }


def _seconds(results: Results, chain: Chain, kind: str) -> float | None:
    record = results.record(getattr(chain, kind))
    return record.cost.seconds if record else None


def _total(results: Results, chain: Chain) -> float | None:
    adapt, search = (_seconds(results, chain, kind) for kind in KINDS)
    return None if adapt is None or search is None else adapt + search


def _ratio(seconds: Sequence[float | None], whole: Sequence[float | None]) -> float | None:
    """Mean over replicates of which both are known."""
    pairs = zip(seconds, whole, strict=False)
    return mean([own / paragon for own, paragon in pairs if own is not None and paragon])
