"""The table ``adaptation`` as the page shows it: by rank, with bands, and with filters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from imbnas.leaderboards.chart_data.entries import Band, Entry, entries, place
from imbnas.leaderboards.page.grids import MAX_ROWS, Grid, TableCell, grid
from imbnas.leaderboards.tables.formats import to_csv
from imbnas.leaderboards.tables.glossary import column_text
from imbnas.leaderboards.tables.shared.standings import METRICS

NOTE = (
    "A band is a range of ranks; all bands of one part and metric hold together with 95%. A rank "
    "is one more than the strategies shown to be better, and shared by all whose bands begin "
    "alike; the line marks the rank of the mean. Costs are of adaptation and search together; "
    "seconds are those of the machine that ran them."
)
_RANKS = tuple(
    f"{metric}_{name}" for metric in METRICS for name in ("rank", "rank_low", "rank_high")
)
_WHO = ("part", "strategy", "searcher")
"""Columns that stand before the ranks."""
_COST = "Of adaptation and search together, mean over replicates."
_SCALES = {"macs": "{:,.0f}", "seconds": "{:.2f}"}


def entry_grid(tables: Mapping[str, pd.DataFrame], folder: str) -> Grid:
    """Prepare ``adaptation``; arguments are those of ``entries`` and ``grid``.

    In the place of the columns of ranks stand columns with bands; the costs that filters look at
    are columns, too.
    """
    table, found = tables["adaptation"], entries(tables)
    names = [*_WHO, *(name for name in table.columns if name not in {*_WHO, *_RANKS})]
    rows = table.iloc[[entry.line for entry in found]]
    rows = rows[[name for name in names if name in table.columns]]
    base = grid("adaptation", rows, folder, to_csv(table))
    return _with_ranks(base, found[:MAX_ROWS]) if found else base


def _with_ranks(base: Grid, shown: Sequence[Entry]) -> Grid:
    """The same with columns of ranks and costs, where any row has one."""
    made = {
        **{f"{metric} rank": band_cells(shown, metric) for metric in METRICS},
        **{f"cost ({scale})": cost_cells(shown, scale) for scale in _SCALES},
    }
    made = {name: cells for name, cells in made.items() if any(cell.text for cell in cells)}
    at = sum(name in base.columns for name in _WHO)
    ranked = "accuracy rank" in made
    return replace(
        base,
        columns=(*base.columns[:at], *made, *base.columns[at:]),
        numeric=(*base.numeric[:at], *(True for _ in made), *base.numeric[at:]),
        tips=(*base.tips[:at], *(_tip(name) for name in made), *base.tips[at:]),
        rows=tuple(
            (*row[:at], *(cells[line] for cells in made.values()), *row[at:])
            for line, row in enumerate(base.rows)
        ),
        note=NOTE if ranked else "",
        sorted_by=at if ranked else None,
        facts=facts(shown),
    )


def _tip(name: str) -> str:
    """What a column that was made says."""
    metric = name.partition(" rank")[0]
    return column_text("adaptation", f"{metric}_rank") if metric in METRICS else _COST


def band_cells(found: Sequence[Entry], metric: str) -> list[TableCell]:
    """Cells with the ranges of a metric, sorted part by part."""
    parts = list(dict.fromkeys(entry.part for entry in found))
    order = sorted(
        range(len(found)),
        key=lambda at: (parts.index(found[at].part), place(found[at], metric), at),
    )
    places = {at: number for number, at in enumerate(order)}
    return [_band_cell(entry.bands.get(metric), places[at]) for at, entry in enumerate(found)]


def _band_cell(band: Band | None, order: int) -> TableCell:
    return TableCell("", "") if band is None else TableCell(band.text, str(order), band)


def cost_cells(found: Iterable[Entry], scale: str) -> list[TableCell]:
    """Cells with multiply-accumulates (``macs``) or ``seconds``."""
    values = [getattr(entry, scale) for entry in found]
    return [
        TableCell("", "") if value is None else TableCell(_SCALES[scale].format(value), repr(value))
        for value in values
    ]


def facts(found: Iterable[Entry]) -> tuple[Mapping[str, str], ...]:
    """What the filters look at."""
    return tuple(
        {
            "origin": "own" if entry.own else "submitted",
            "verified": "yes" if entry.verified else "no",
            "macs": "" if entry.macs is None else repr(entry.macs),
            "seconds": "" if entry.seconds is None else repr(entry.seconds),
        }
        for entry in found
    )
