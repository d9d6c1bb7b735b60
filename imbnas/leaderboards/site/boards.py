"""Reads the boards of a folder by what stands in their tables, which anybody may have changed."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from imbnas.errors import InputError
from imbnas.leaderboards.csv_files import LARGEST, numbers, read_table
from imbnas.leaderboards.tables.build import TABLES
from imbnas.leaderboards.tables.shared.standings import METRICS
from imbnas.regular_files import read_regular
from imbnas.runs.store.archive import ARCHIVE

PAGE = "index.html"
_PROVENANCE = "provenance.json"
_ANCHOR = "rank_correlation.csv"
_TEXTS = {
    "rank_correlation": (
        "part", "x", "x_scheme", "y", "y_scheme", "verdict", "population", "class_orders",
    ),
    "adaptation": ("part", "strategy", "source", "source_scheme", "target", "target_scheme"),
    "cost": ("kind", "what"),
}  # fmt: skip
"""Columns of text, which every version of imbnas has written."""
_NUMBERS = {
    "rank_correlation": (
        "tau_b", "ci_low", "ci_high", "noise_ceiling", "n_architectures", "n_replicates",
        "n_missing",
    ),
    "adaptation": (
        "accuracy_mean", "accuracy_sd", "cost_ratio", "n_architectures", "n_replicates",
        "n_missing",
    ),
}  # fmt: skip
_LATER_NUMBERS = (
    "ceiling_low", "ceiling_high", "adapt_macs", "search_macs", "adapt_seconds", "search_seconds",
    *(f"{metric}_{name}" for metric in METRICS for name in ("rank", "rank_low", "rank_high")),
)  # fmt: skip
_WHOLE = ("n_", *(f"{metric}_rank" for metric in METRICS))
_MOST = {"accuracy_mean": 100.0, "accuracy_sd": 100.0, "tau_b": 1.0} | {
    f"{metric}_{name}": 1e6 for metric in METRICS for name in ("rank", "rank_low", "rank_high")
}
_MOST_WHOLE = 1e15
"""Below the whole numbers that floating point cannot tell apart."""
_SIGNED = ("tau_b", "ci_low", "ci_high", "noise_ceiling", "ceiling_low", "ceiling_high")


@dataclass(frozen=True)
class Board:
    """One board.

    Attributes:
        suite: name of its suite.
        version: of the suite.
        fidelity: of the run.
        folder: where it lies.
        tables: ``rank_correlation``, ``adaptation`` and ``cost``; texts as they are, numbers
            checked.
        provenance: content of ``provenance.json``; empty without one.
        has_records: whether its archive lies beside the tables.
        page: its own page; ``None`` without one.
        csvs: file name → content of its tables.
    """

    suite: str
    version: str
    fidelity: str
    folder: Path
    tables: Mapping[str, pd.DataFrame]
    provenance: Mapping[str, Any]
    has_records: bool
    page: bytes | None
    csvs: Mapping[str, bytes]

    @property
    def title(self) -> str:
        """``SUITE@VERSION/FIDELITY``."""
        return f"{self.suite}@{self.version}/{self.fidelity}"


def read_boards(folder: Path) -> tuple[list[Board], list[Path]]:
    """Every ``SUITE@VERSION/FIDELITY`` that has tables, by suite, newest version first.

    What is read is what stands in the tables; archives stay closed.

    Returns:
        The boards, and links in the place of one, which are not followed.

    Raises:
        InputError: there is no board, one has no tables, or a file is not what its name says.
    """
    named = [
        path
        for suite in _inside(folder)
        if "@" in suite.name
        for path in ([suite] if suite.is_symlink() else _inside(suite))
        if not path.name.startswith(".")
    ]
    links = sorted(path for path in named if path.is_symlink())
    found = [_read(path) for path in named if path not in links and _is_board(path)]
    if not found:
        raise InputError(
            f"{folder}: no board in it; a board is a folder SUITE@VERSION/FIDELITY with tables, as "
            "imbnas-bench publish writes it"
        )
    return sorted(found, key=_order), links


def _inside(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _is_board(folder: Path) -> bool:
    if (folder / _ANCHOR).is_file():
        return True
    if (folder / ARCHIVE).exists():
        raise InputError(
            f"{folder}: a board without tables; write them with imbnas-bench leaderboard {folder}"
        )
    return False


def _order(board: Board) -> tuple[str, int, str, str]:
    number = int(board.version) if board.version.isdecimal() else -1
    return board.suite, -number, board.version, board.fidelity


def _read(folder: Path) -> Board:
    suite, _, version = folder.parent.name.rpartition("@")
    csvs = {f"{name}.csv": _content(folder / f"{name}.csv") for name in TABLES}
    return Board(
        suite=suite,
        version=version,
        fidelity=folder.name,
        folder=folder,
        tables={name: _checked(folder, name) for name in _TEXTS},
        provenance=_provenance(folder / _PROVENANCE),
        has_records=(folder / ARCHIVE).is_file(),
        page=_content(folder / PAGE),
        csvs={name: content for name, content in csvs.items() if content is not None},
    )


def _content(path: Path) -> bytes | None:
    try:
        return read_regular(path, LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror or error}; take the file that was published"
        ) from None


def _provenance(path: Path) -> Mapping[str, Any]:
    content = _content(path)
    try:
        found = {} if content is None else json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{path}: not a JSON object; take the file that was published")
    return found


def _checked(folder: Path, name: str) -> pd.DataFrame:
    """A table with the columns that the site reads, as text and as numbers in their ranges."""
    path = folder / f"{name}.csv"
    needed = (*_TEXTS[name], *_NUMBERS.get(name, ()))
    frame = read_table(path) if path.exists() else pd.DataFrame()
    if frame.empty and name != "rank_correlation":
        return pd.DataFrame(columns=list(needed))
    for column in needed:
        if column not in frame:
            raise InputError(f"{path}: no column {column!r}; take the file that was published")
    counts = [column for column in (*needed, *_LATER_NUMBERS) if column in frame]
    found = {c: _in_range(path, frame, c) for c in counts if c not in _TEXTS[name]}
    table = frame.astype(object).mask(frame == "", None).assign(**found)
    _check_ranks(path, table)
    return table


def _in_range(path: Path, frame: pd.DataFrame, column: str) -> "pd.Series[Any]":
    found = numbers(path, frame, column)
    whole = column.startswith(_WHOLE)
    most = _MOST.get(column, _MOST_WHOLE if whole else sys.float_info.max)
    least = -most if column in _SIGNED else 1.0 if "_rank" in column else 0.0
    wrong = (found < least) | (found > most) | (whole & (found % 1 != 0) & found.notna())
    _refuse(path, wrong, f"column {column!r}: no possible number")
    return found.astype(int) if whole and found.notna().all() else found


def _check_ranks(path: Path, table: pd.DataFrame) -> None:
    for metric in METRICS:
        low, rank, high = (f"{metric}_{name}" for name in ("rank_low", "rank", "rank_high"))
        if {low, rank, high} <= set(table.columns):
            wrong = (table[low] > table[rank]) | (table[rank] > table[high])
            _refuse(path, wrong, f"{rank!r} is outside of its range")


def _refuse(path: Path, wrong: "pd.Series[bool]", fault: str) -> None:
    if wrong.any():
        line = int(wrong.to_numpy().argmax()) + 1
        raise InputError(
            f"{path}: row {line} below the header, {fault}; take the file that was published"
        )
