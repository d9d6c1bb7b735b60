"""Leaderboards on a terminal."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = {
    "rank_correlation": [
        "part", "x", "x_scheme", "y", "y_scheme", "tau_b", "ci_low", "ci_high", "noise_ceiling",
        "verdict", "n_architectures", "n_replicates", "n_missing",
    ],
    "adaptation": [
        "strategy", "target", "target_scheme", "accuracy_mean", "accuracy_sd", "tau_b", "ci_low",
        "ci_high", "noise_ceiling", "regret", "cost_ratio", "n_replicates", "n_missing",
    ],
    "baselines": [
        "model", "source", "condition", "scheme", "accuracy_mean", "accuracy_sd",
        "relative_accuracy", "many", "medium", "few", "params", "macs", "n_missing",
    ],
}  # fmt: skip


def print_leaderboards(tables: "dict[str, pd.DataFrame]", title: str) -> None:
    """Print the tables that answer a suite's questions; the others are files only."""
    from tabulate import tabulate

    from imbnas.leaderboards.tables import format_cells

    for name, columns in _SHOWN.items():
        table = tables[name]
        if table.empty:
            continue
        click.echo(f"\n{name} ({title})")
        cells = format_cells(table[columns])
        click.echo(tabulate(cells, headers=columns, tablefmt="simple", disable_numparse=True))
    click.echo("")
