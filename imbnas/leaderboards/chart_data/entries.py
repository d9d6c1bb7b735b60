"""Rows of ``adaptation`` as entries of a leaderboard: ranks with ranges, origin, cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from imbnas.leaderboards.tables.formats import to_rows
from imbnas.leaderboards.tables.shared.standings import METRICS

Row = Mapping[str, Any]
OWN = "suite"
"""Origin of what a suite itself lists; the same as none."""
_UNVERIFIED = frozenset({"", "no", "none", "false", "0", "0.0", "0%"})
WITHDRAWN = "withdrawn"
"""State of what its author, or the board, has taken back."""
_COSTS = ("adapt", "search")


@dataclass(frozen=True)
class Band:
    """Range of ranks that the data allow a strategy; 1 is best.

    Attributes:
        low: one more than the strategies shown to be better: the rank that it shares with all
            others of the same ``low``.
        high: worst rank that the data allow.
        by_mean: rank of its mean, in [low, high].
        of: how many are compared.
    """

    low: int
    high: int
    by_mean: int
    of: int

    @property
    def text(self) -> str:
        """``2 to 5``, or the one rank that is possible."""
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


@dataclass(frozen=True)
class Entry:
    """A row of ``adaptation``.

    Attributes:
        line: place of its row in the table, from 0.
        row: column → value; a missing value is ``None``.
        bands: metric → range of ranks within the part, where it has one.
        own: whether the suite lists it, rather than somebody having submitted it.
        verified: whether it is the suite's own, or some of it was computed again; nothing that was
            withdrawn is.
        macs: multiply-accumulates of adaptation and search, mean over replicates; ``None`` where
            one of them is unknown.
        seconds: the same in seconds of the machine that ran it.
    """

    line: int
    row: Row
    bands: Mapping[str, Band]
    own: bool
    verified: bool
    macs: float | None
    seconds: float | None

    @property
    def part(self) -> str:
        """The part that it belongs to."""
        return _text(self.row.get("part"))

    @property
    def strategy(self) -> str:
        """Label of its strategy."""
        return _text(self.row.get("strategy"))

    @property
    def searcher(self) -> str:
        """Label of its searcher; empty where it has none, as in older tables."""
        return _text(self.row.get("searcher"))


def entries(tables: Mapping[str, pd.DataFrame]) -> list[Entry]:
    """All rows of ``adaptation``: part by part, by rank of accuracy; those without rank last.

    Args:
        tables: name → table, as ``build_tables`` makes them or as read from their CSV files.
    """
    rows = to_rows(tables["adaptation"])
    seconds = {
        (_text(row.get("part")), _text(row.get("what")), _text(row.get("searcher"))): _sum(
            row, "seconds"
        )
        for row in to_rows(tables.get("cost", pd.DataFrame()))
        if row.get("kind") == "strategy"
    }
    found: list[Entry] = []
    for part in dict.fromkeys(_text(row.get("part")) for row in rows):
        own = {line: row for line, row in enumerate(rows) if _text(row.get("part")) == part}
        of = {metric: _compared(own.values(), metric) for metric in METRICS}
        made = [_entry(line, row, of, seconds) for line, row in own.items()]
        found += sorted(made, key=lambda entry: place(entry, "accuracy"))
    return found


def place(entry: Entry, metric: str) -> tuple[float, ...]:
    """What sorts the entries of a part by their ranks of a metric."""
    band = entry.bands.get(metric)
    return (float("inf"),) if band is None else (band.low, band.high, band.by_mean)


def _entry(
    line: int, row: Row, of: Mapping[str, int], seconds: Mapping[Any, float | None]
) -> Entry:
    bands = {metric: band for metric in METRICS if (band := _band(row, metric, of[metric]))}
    own = _text(row.get("origin")) in ("", OWN)
    key = tuple(_text(row.get(name)) for name in ("part", "strategy", "searcher"))
    return Entry(
        line=line,
        row=row,
        bands=bands,
        own=own,
        verified=own or _is_verified(row),
        macs=_sum(row, "macs"),
        seconds=seconds.get(key),
    )


def _is_verified(row: Row) -> bool:
    if _text(row.get("state")) == WITHDRAWN:
        return False
    return _text(row.get("verified")).lower() not in _UNVERIFIED


def _band(row: Row, metric: str, of: int) -> Band | None:
    names = (f"{metric}_rank_low", f"{metric}_rank_high", f"{metric}_rank")
    held = [row.get(name) for name in names]
    if any(value is None for value in held):
        return None
    low, high, by_mean = (int(value) for value in held if value is not None)
    return Band(low, high, by_mean, of)


def _compared(rows: Iterable[Row], metric: str) -> int:
    """How many strategies the ranks of a part are among."""
    highs = [row.get(f"{metric}_rank_high") for row in rows]
    known = [int(high) for high in highs if high is not None]
    return max(known, default=0)


def _sum(row: Row, unit: str) -> float | None:
    held = [row.get(f"{kind}_{unit}") for kind in _COSTS]
    known = [float(value) for value in held if value is not None]
    return sum(known) if len(known) == len(held) else None


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
