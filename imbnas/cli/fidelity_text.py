"""What ``imbnas-bench fidelity`` prints for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from imbnas.yardstick.report import Report


def lines(report: "Report", frame: "pd.DataFrame") -> Iterator[str]:
    """The rows of a report as two tables: what trainings cost and repeat, and how they agree."""
    from tabulate import tabulate

    from imbnas.yardstick.report import MEAN_OF

    rows = [
        {
            "fidelity": row["fidelity"],
            "training": f"{row['condition']} {row['scheme']}",
            "cells": row["cells"],
            "seeds": row["replicates"],
            "core-s": _number(row["core_seconds"], 2),
            "ratio": _number(row["core_seconds_ratio"]),
            "tau of two seeds": _bounded(row, "seed_tau"),
            f"ceiling of {MEAN_OF}": _bounded(row, "ceiling"),
            f"seeds to {report.ceiling:g}": _number(row["replicates_to_ceiling"], 1),
            f"core-s to {report.ceiling:g}": _number(row["core_seconds_to_ceiling"], 1),
        }
        for _, row in frame.iterrows()
    ]
    yield tabulate(rows, headers="keys", disable_numparse=True)
    rows = [
        {
            "fidelity": row["fidelity"],
            "training": f"{row['condition']} {row['scheme']}",
            "table": column,
            "cells": row[f"cells_compared {column}"],
            "tau": _bounded(row, "tau", column),
            f"tau minus {report.relative_to}": _bounded(row, "difference", column),
            "tau, any number of seeds": _bounded(row, "limit", column),
            "core-s to best": _number(row[f"core_seconds_to_best {column}"], 1),
            "best for cost": "yes" if row[f"best_for_cost {column}"] is True else "",
        }
        for column in report.table.columns
        for _, row in frame.iterrows()
    ]
    yield ""
    yield tabulate(rows, headers="keys", disable_numparse=True)
    yield "core-s: processor seconds, those to a goal of one cell; [low, high]: 95% interval"


def _number(value: Any, digits: int = 3) -> str:
    # NaN is the one value that differs from itself.
    return "-" if value is None or value != value else f"{value:.{digits}f}"


def _bounded(row: Any, name: str, column: str | None = None) -> str:
    end = "" if column is None else f" {column}"
    low, high = row[f"{name}_low{end}"], row[f"{name}_high{end}"]
    shown = _number(row[f"{name}{end}"])
    return shown if _number(low) == "-" else f"{shown} [{_number(low)}, {_number(high)}]"
