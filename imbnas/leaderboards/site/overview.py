"""What all boards say: which strategy is best where, how sure, at which cost; what carries over."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

from imbnas.leaderboards.chart_data.entries import WITHDRAWN, Entry, entries
from imbnas.leaderboards.page.entry_grid import band_cells, cost_cells, facts
from imbnas.leaderboards.page.grids import Grid, TableCell
from imbnas.leaderboards.site.boards import PAGE, Board
from imbnas.leaderboards.tables.formats import to_rows
from imbnas.stats.summary import interval_of_mean

Thing = TypeVar("Thing")
Column = tuple[bool, list[TableCell]]
"""Whether it is of numbers, and its cells."""
_LINE = 32
"""Characters of a cell that stands in one line."""
_NO_RANKS = "not in its tables"


@dataclass(frozen=True)
class Best:
    """The strategy of the highest mean accuracy of one part.

    Attributes:
        board: that the part is of.
        entry: of the strategy.
        name: the strategy's, with the searcher where the part has several.
        sharing: names of the others that share its rank; ``None`` where ranks are unknown.
        cheapest: name of the cheapest by multiply-accumulates of all that share the rank.
        cheapest_macs: what that one costs.
    """

    board: Board
    entry: Entry
    name: str
    sharing: tuple[str, ...] | None
    cheapest: str
    cheapest_macs: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% interval of the mean accuracy over replicates, percent."""
        mean, sd = self.entry.row["accuracy_mean"], self.entry.row["accuracy_sd"]
        n = int((self.entry.row["n_replicates"] or 0) - (self.entry.row["n_missing"] or 0))
        return None if sd is None or n < 2 else interval_of_mean(mean, sd, n)


def best_strategies(board: Board) -> Iterator[Best]:
    """The best strategy of every part of a board that has accuracies of what was found."""
    found = entries(board.tables)
    for part in dict.fromkeys(entry.part for entry in found):
        own = [
            entry
            for entry in found
            if entry.part == part
            and entry.row["accuracy_mean"] is not None
            and entry.row.get("state") != WITHDRAWN
        ]
        if own:
            yield _best(board, own)


def _best(board: Board, own: Sequence[Entry]) -> Best:
    several = len({entry.searcher for entry in own}) > 1
    names = {
        id(entry): f"{entry.strategy} by {entry.searcher}" if several else entry.strategy
        for entry in own
    }
    ranked = [entry for entry in own if "accuracy" in entry.bands]
    if ranked:
        low = min(entry.bands["accuracy"].low for entry in ranked)
        first = [entry for entry in ranked if entry.bands["accuracy"].low == low]
        best = min(first, key=lambda entry: entry.bands["accuracy"].by_mean)
    else:
        best = max(own, key=lambda entry: entry.row["accuracy_mean"])
        first = [best]
    priced = [entry for entry in first if entry.macs is not None]
    cheapest = min(priced, key=lambda entry: entry.macs or 0.0, default=None) if ranked else None
    return Best(
        board=board,
        entry=best,
        name=names[id(best)],
        sharing=tuple(names[id(e)] for e in first if e is not best) if ranked else None,
        cheapest=names[id(cheapest)] if cheapest else "",
        cheapest_macs=cheapest.macs if cheapest else None,
    )


def best_grid(name: str, boards: Sequence[Board]) -> Grid | None:
    """One row per board and adaptation part; ``None`` where there is none."""
    found = [best for board in boards for best in best_strategies(board)]
    if not found:
        return None
    shown = [best.entry for best in found]
    columns: dict[str, Column] = {
        "suite": (False, [board_cell(best.board) for best in found]),
        "target": _texts(shown, lambda entry: entry.row["target"]),
        "scheme": _texts(shown, lambda entry: entry.row["target_scheme"]),
        "part": _texts(shown, lambda entry: entry.part),
        "best strategy": _texts(found, lambda best: best.name),
        "rank": (True, _rank_cells(shown)),
        "accuracy (%)": _numbers(shown, "accuracy_mean"),
        "95% interval": _texts(found, lambda best: _range(best.interval, "{:.2f}")),
        "cost (macs)": (True, cost_cells(shown, "macs")),
        "cost (seconds)": (True, cost_cells(shown, "seconds")),
        "shares its rank with": _wrapped(_texts(found, _sharing)),
        "cheapest of that rank": _texts(found, _cheapest),
        "cost_ratio": _numbers(shown, "cost_ratio"),
        "source": _texts(shown, lambda e: f"{e.row['source']} {e.row['source_scheme']}"),
        "n_architectures": _numbers(shown, "n_architectures", "{:.0f}"),
        "n_replicates": _numbers(shown, "n_replicates", "{:.0f}"),
        "n_missing": _numbers(shown, "n_missing", "{:.0f}"),
        "origin": _texts(shown, lambda e: "the suite's own" if e.own else e.row.get("origin")),
        "verified": _texts(shown, lambda e: e.row.get("verified")),
    }
    return _grid(name, columns, facts(shown))


def transfer_grid(name: str, boards: Sequence[Board]) -> Grid | None:
    """One row per two trainings whose rankings are compared; ``None`` where there are none."""
    found = [
        (board, row)
        for board in boards
        for row in to_rows(board.tables["rank_correlation"])
        if row["tau_b"] is not None and row["verdict"] is not None
    ]
    if not found:
        return None
    rows = [row for _, row in found]
    columns: dict[str, Column] = {
        "suite": (False, [board_cell(board) for board, _ in found]),
        "part": _texts(rows, lambda row: row["part"]),
        "ranking on": _texts(rows, lambda row: f"{row['x']} {row['x_scheme']}"),
        "and on": _texts(rows, lambda row: f"{row['y']} {row['y_scheme']}"),
        "tau_b": _cells([row["tau_b"] for row in rows], "{:.3f}"),
        "95% interval": _texts(rows, lambda row: _bounds(row, "ci")),
        "noise_ceiling": _cells([row["noise_ceiling"] for row in rows], "{:.3f}"),
        "its 95% interval": _texts(rows, lambda row: _bounds(row, "ceiling")),
        "verdict": _texts(rows, lambda row: row["verdict"]),
        "n_architectures": _cells([row["n_architectures"] for row in rows], "{:.0f}"),
        "n_replicates": _cells([row["n_replicates"] for row in rows], "{:.0f}"),
        "n_missing": _cells([row["n_missing"] for row in rows], "{:.0f}"),
    }
    return _grid(name, columns, ())


def address(board: Board, file: str) -> str:
    """Of a file of a board, seen from the overview."""
    parts = (board.folder.parent.name, board.folder.name, file)
    return "./" + "/".join(quote(part.encode(errors="surrogateescape"), safe="@") for part in parts)


def board_cell(board: Board) -> TableCell:
    """Its title, with a link to its page where it has one."""
    link = "" if board.page is None else address(board, PAGE)
    return TableCell(board.title, board.title, address=link)


def _rank_cells(shown: Sequence[Entry]) -> list[TableCell]:
    cells = band_cells(shown, "accuracy")
    return [cell if cell.band else TableCell(_NO_RANKS, "") for cell in cells]


def _sharing(best: Best) -> str:
    if best.sharing is None:
        return _NO_RANKS
    return ", ".join(best.sharing) or "none"


def _cheapest(best: Best) -> str:
    macs = best.cheapest_macs
    return "" if macs is None else f"{best.cheapest}: {macs:,.0f} macs"


def _bounds(row: Mapping[str, Any], kind: str) -> str:
    low, high = row.get(f"{kind}_low"), row.get(f"{kind}_high")
    return "" if low is None or high is None else _range((low, high), "{:.3f}")


def _range(bounds: tuple[float, float] | None, shape: str) -> str:
    return "" if bounds is None else " to ".join(map(shape.format, bounds))


def _texts(things: Sequence[Thing], of: Callable[[Thing], object]) -> Column:
    held = [of(thing) for thing in things]
    texts = ["" if text is None else str(text) for text in held]
    return False, [TableCell(text, text) for text in texts]


def _wrapped(column: Column) -> Column:
    numeric, cells = column
    return numeric, [replace(cell, wrapped=len(cell.text) > _LINE) for cell in cells]


def _numbers(shown: Sequence[Entry], column: str, shape: str = "{:.2f}") -> Column:
    return _cells([entry.row.get(column) for entry in shown], shape)


def _cells(values: Sequence[float | None], shape: str) -> Column:
    return True, [
        TableCell("", "") if value is None else TableCell(shape.format(value), repr(float(value)))
        for value in values
    ]


def _grid(name: str, columns: Mapping[str, Column], told: tuple[Mapping[str, str], ...]) -> Grid:
    """Without columns that are empty in every row."""
    kept = {title: held for title, held in columns.items() if any(cell.text for cell in held[1])}
    rows = tuple(zip(*(cells for _, cells in kept.values()), strict=True))
    return Grid(
        name=name,
        shared=(),
        columns=tuple(kept),
        numeric=tuple(numeric for numeric, _ in kept.values()),
        rows=rows,
        n_rows=len(rows),
        csv="",
        facts=told,
    )
