"""The tables that answer a suite's questions, with the few columns that fit a terminal."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[Any, Any]
Cell = Callable[[Row], str]

MOST_ROWS = 24
"""Of a table; the others are in its file."""


@dataclass(frozen=True)
class ShortTable:
    """How a table is shown.

    Attributes:
        cells: header → text of a row.
        common: headers that are told above the rows of a part where all that say it agree.
        together: columns whose equal values make rows that begin together.
        results: columns that are all empty in rows that have not begun.
        repeats: beginning of ``source`` in rows that say what another table says.
    """

    cells: Mapping[str, Cell]
    common: tuple[str, ...]
    together: tuple[str, ...]
    results: tuple[str, ...]
    repeats: str | None = None

    def begun(self, table: "pd.DataFrame") -> "pd.Series[bool]":
        """Which rows have a result, or belong to others that do."""
        known = table[list(self.results)].notna().any(axis=1)
        keys = [table[column].fillna("") for column in self.together]
        begun: pd.Series[bool] = known.groupby(keys).transform("any")
        return begun

    def chosen(self, table: "pd.DataFrame") -> "pd.DataFrame":
        """The first rows that say something new."""
        if self.repeats is not None:
            table = table[~table["source"].astype(str).str.startswith(self.repeats)]
        return table.head(MOST_ROWS)

    def blocks(self, table: "pd.DataFrame") -> "Iterator[Block]":
        """The rows, part by part; columns without any value are left out."""
        for part, rows in table.groupby("part", sort=False):
            plain = rows.to_dict("records")
            texts = {header: [cell(row) for row in plain] for header, cell in self.cells.items()}
            told = {}
            for header in self.common:
                if len(values := {*texts[header]} - {""}) == 1:
                    (told[header],) = values
                    del texts[header]
            texts = {header: column for header, column in texts.items() if any(column)}
            yield Block(str(part), told, texts)


@dataclass(frozen=True)
class Block:
    """The rows of one part.

    Attributes:
        part: its name.
        told: header → what holds for all rows.
        columns: header → a text for each row.
    """

    part: str
    told: Mapping[str, str]
    columns: Mapping[str, list[str]]

    @property
    def heading(self) -> str:
        """One line."""
        told = ", ".join(f"{header} {text}" for header, text in self.told.items())
        return f"part {self.part}" + (f": {told}" if told else "")


def _known(value: Any) -> bool:
    return value is not None and value == value and value != ""


def _text(column: str) -> Cell:
    return lambda row: str(row[column]) if _known(row[column]) else ""


def _number(column: str, form: str) -> Cell:
    return lambda row: format(row[column], form) if _known(row[column]) else ""


def _whole(column: str) -> Cell:
    return lambda row: f"{int(row[column]):,}" if _known(row[column]) else ""


def _missing(row: Row) -> str:
    return f"{int(row['n_missing']):,}" if _known(row["n_missing"]) and row["n_missing"] else ""


def _on(condition: str, scheme: str) -> Cell:
    return lambda row: " ".join(str(row[c]) for c in (condition, scheme) if _known(row[c]))


def _with(column: str, form: str, low: str, high: str) -> Cell:
    """A number with its interval."""

    def cell(row: Row) -> str:
        if not _known(row[column]):
            return ""
        text = format(row[column], form)
        return f"{text} ({row[low]:{form}} to {row[high]:{form}})" if _known(row[low]) else text

    return cell


def _accuracy(row: Row) -> str:
    """Mean and standard deviation in percent."""
    if not _known(row["accuracy_mean"]):
        return ""
    spread = f" ± {row['accuracy_sd']:.1f}" if _known(row["accuracy_sd"]) else ""
    return f"{row['accuracy_mean']:.1f}{spread}"


def _ranks(row: Row) -> str:
    if not _known(row["accuracy_rank_low"]):
        return ""
    return f"{row['accuracy_rank_low']:.0f} to {row['accuracy_rank_high']:.0f}"


_TAU = _with("tau_b", ".2f", "ci_low", "ci_high")

SHORT_TABLES = {
    "rank_correlation": ShortTable(
        {"x": _on("x", "x_scheme"), "y": _on("y", "y_scheme"), "tau_b": _TAU,
         "ceiling": _number("noise_ceiling", ".2f"), "verdict": _text("verdict"),
         "missing": _missing},
        common=(),
        together=("part", "x", "x_scheme", "y", "y_scheme"),
        results=("tau_b", "regret_top1"),
    ),
    "adaptation": ShortTable(
        {"strategy": _text("strategy"), "searcher": _text("searcher"),
         "target": _on("target", "target_scheme"), "accuracy": _accuracy, "rank": _ranks,
         "tau_b": _TAU, "regret": _number("regret", ".2f"), "cost": _number("cost_ratio", ".2f"),
         "missing": _missing},
        common=("searcher", "target"),
        together=("part",),
        results=("accuracy_mean", "cost_ratio"),
    ),
    "baselines": ShortTable(
        {"model": _text("model"), "source": _text("source"), "on": _on("condition", "scheme"),
         "accuracy": _accuracy, "many": _number("many", ".1f"), "medium": _number("medium", ".1f"),
         "few": _number("few", ".1f"), "params": _whole("params"), "macs": _whole("macs"),
         "missing": _missing},
        common=("source", "on"),
        together=("part",),
        results=("accuracy_mean",),
        repeats="searched",
    ),
}  # fmt: skip
"""Name of a table → how it is shown."""
