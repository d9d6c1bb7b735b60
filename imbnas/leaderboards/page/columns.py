"""Which columns of a table are read first; the others are shown when they are asked for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from imbnas.leaderboards.page.grids import Grid

LEADING: dict[str, tuple[str, ...]] = {
    "rank_correlation": (
        "part", "x", "x_scheme", "y", "y_scheme", "verdict", "tau_b", "ci_low", "ci_high",
        "noise_ceiling",
    ),
    "class_orders": (
        "part", "x", "x_scheme", "y", "y_scheme", "n_changed", "n_orders", "tau_mean", "tau_low",
        "tau_high", "ceiling_mean",
    ),
    "tau_by_length": (
        "part", "condition", "scheme", "epoch", "tau_b", "noise_ceiling", "reference_tau",
        "reference_ceiling", "accuracy_mean",
    ),
    "rankers": (
        "part", "ranker", "condition", "scheme", "verdict", "compared_with", "tau_b",
        "noise_ceiling", "difference", "cost_ratio",
    ),
    "adaptation": (
        "part", "accuracy rank", "strategy", "searcher", "target", "target_scheme",
        "accuracy_vs_p0", "accuracy_mean", "few", "regret", "cost_ratio",
    ),
    "strategy_differences": (
        "part", "metric", "strategy", "searcher", "reference", "verdict", "difference",
        "difference_low", "difference_high", "p_adjusted",
    ),
    "baselines": (
        "part", "model", "source", "condition", "scheme", "accuracy_mean", "accuracy_sd", "many",
        "medium", "few", "relative_accuracy", "macs",
    ),
    "matched_budget": (
        "part", "strategy", "searcher", "condition", "scheme", "difference", "difference_low",
        "difference_high", "found_accuracy", "baseline_accuracy", "best_macs_ratio", "note",
    ),
    "architectures": (
        "part", "architecture", "balanced_rank", "long_tailed_rank", "rank_difference", "params",
        "macs",
    ),
    "motivation_pairs": (
        "part", "first", "second", "differs", "difference", "difference_low", "difference_high",
    ),
    "cost": (
        "kind", "part", "what", "condition", "scheme", "units", "seconds", "macs",
    ),
    "claims": (
        "claim", "statement", "answer", "row_answer", "effect", "low", "high", "unit", "margin",
        "rests_on",
    ),
}  # fmt: skip
"""Table → columns, names first, then the verdict. Of other tables all columns are shown."""
NARROW: dict[str, tuple[str, ...]] = {
    "rank_correlation": ("x", "y", "verdict"),
    "class_orders": ("x", "y", "n_changed", "n_orders"),
    "tau_by_length": ("condition", "epoch", "tau_b"),
    "rankers": ("ranker", "condition", "verdict"),
    "adaptation": ("part", "accuracy rank", "strategy", "accuracy_vs_p0"),
    "strategy_differences": ("metric", "strategy", "reference", "verdict"),
    "baselines": ("model", "condition", "accuracy_mean"),
    "matched_budget": ("strategy", "condition", "difference"),
    "architectures": ("architecture", "rank_difference"),
    "motivation_pairs": ("first", "second", "differs"),
    "cost": ("what", "condition", "seconds"),
    "claims": ("claim", "answer", "effect"),
    "checklist": ("question", "answer"),
}
"""Table → those of them that fit a phone."""


Cell = TypeVar("Cell")


def arranged(grid: Grid) -> Grid:
    """The same with the leading columns in front, and the others marked as further ones."""
    wanted = LEADING.get(grid.name, grid.columns)
    lead = [grid.columns.index(name) for name in wanted if name in grid.columns]
    order = [*lead, *(place for place in range(len(grid.columns)) if place not in lead)]

    return replace(
        grid,
        columns=_moved(grid.columns, order),
        numeric=_moved(grid.numeric, order),
        tips=_moved(grid.tips, order) if grid.tips else (),
        rows=tuple(_moved(row, order) for row in grid.rows),
        sorted_by=None if grid.sorted_by is None else order.index(grid.sorted_by),
        n_leading=len(lead),
        narrow=tuple(grid.columns[place] in NARROW.get(grid.name, ()) for place in order),
    )


def _moved(cells: Sequence[Cell], order: Sequence[int]) -> tuple[Cell, ...]:
    return tuple(cells[place] for place in order)
