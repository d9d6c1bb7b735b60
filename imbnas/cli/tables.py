"""Leaderboards on a terminal."""

from typing import TYPE_CHECKING

import click

from imbnas.cli.output import note

if TYPE_CHECKING:
    import pandas as pd

    from imbnas.leaderboards.results import Results

_SHOWN = {
    "rank_correlation": [
        "part", "x", "x_scheme", "y", "y_scheme", "tau_b", "ci_low", "ci_high", "noise_ceiling",
        "verdict", "n_architectures", "n_replicates", "n_missing",
    ],
    "adaptation": [
        "part", "strategy", "searcher", "target", "target_scheme", "accuracy_mean", "accuracy_sd",
        "accuracy_rank_low", "accuracy_rank_high", "tau_b", "ci_low", "ci_high", "noise_ceiling",
        "regret", "cost_ratio", "n_replicates", "n_missing",
    ],
    "baselines": [
        "part", "model", "source", "condition", "scheme", "accuracy_mean", "accuracy_sd",
        "relative_accuracy", "many", "medium", "few", "params", "macs", "n_missing",
    ],
    "claims": [
        "claim", "answer", "row_answer", "effect", "low", "high", "unit", "margin",
        "smallest_effect", "n_replicates", "n_missing", "rests_on",
    ],
}  # fmt: skip


_RESULTS = {
    "rank_correlation": (["part", "x", "x_scheme", "y", "y_scheme"], ["tau_b", "regret_top1"]),
    "adaptation": (["part"], ["accuracy_mean", "cost_ratio"]),
    "baselines": (["part"], ["accuracy_mean"]),
    "claims": (["claim"], ["effect"]),
}
"""Rows that begin together, and the columns that are empty in all of them until then."""


def print_leaderboards(tables: "dict[str, pd.DataFrame]", title: str) -> None:
    """Print the tables that answer a suite's questions; the others are files only.

    Rows of which nothing is known yet, as where other parts were run, are counted below; of tables
    without any other row nothing else is printed.
    """
    from tabulate import tabulate

    from imbnas.leaderboards.tables.formats import format_cells

    not_begun: dict[str, int] = {}
    for name, columns in _SHOWN.items():
        table = tables[name]
        if table.empty:
            continue
        begun = _begun(table, *_RESULTS[name])
        if not begun.any():
            not_begun[name] = len(table)
            continue
        click.echo(f"\n{name} ({title})")
        cells = format_cells(table[begun][columns])
        click.echo(tabulate(cells, headers=columns, tablefmt="simple", disable_numparse=True))
        if not begun.all():
            click.echo(f"{(~begun).sum()} more rows have no result yet.")
        for line in _explained(table[begun]):
            click.echo(line)
    for name, rows in not_begun.items():
        click.echo(f"\n{name} ({title}): {rows} more rows have no result yet.")
    click.echo("")
    print_claims(tables)


def _explained(table: "pd.DataFrame") -> list[str]:
    """What numbers mean that look like faults."""
    lines = []
    if "regret" in table and (table["regret"] < 0).any():
        lines.append(
            "A regret below 0 is noise: what was picked did better by chance than the network that "
            "other replicates show to be best."
        )
    if "noise_ceiling" in table and (table["noise_ceiling"] == 0).any():
        lines.append(
            "A noise ceiling of 0: replicates of one condition agree no more than chance on the "
            "ranking, so that no tau can be told from noise; more replicates or longer trainings "
            "raise it."
        )
    return lines


def print_claims(tables: "dict[str, pd.DataFrame]") -> None:
    """Print the answer to every claim of a suite, one line each."""
    from imbnas.leaderboards.chart_data.claims import answered_claims

    answered = answered_claims(tables)
    for claim in answered:
        click.echo(f"{claim.answer}: {claim.statement} ({claim.name}; {claim.source})")
    if answered:
        click.echo("")


def note_circumstances(results: "Results") -> None:
    """Print one line where records of a run were not all made alike."""
    from imbnas.leaderboards.provenance import origins

    warning = origins(results).warning()
    if warning:
        note(f"warning: {warning}")


def _begun(table: "pd.DataFrame", together: list[str], results: list[str]) -> "pd.Series[bool]":
    known = table[results].notna().any(axis=1)
    keys = [table[column].fillna("") for column in together]
    begun: pd.Series[bool] = known.groupby(keys).transform("any")
    return begun
