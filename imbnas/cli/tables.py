"""Leaderboards on a terminal."""

import textwrap
from typing import TYPE_CHECKING

import click

from imbnas.cli.narrow import WIDTH, narrow_table
from imbnas.cli.output import note
from imbnas.cli.short_tables import SHORT_TABLES

if TYPE_CHECKING:
    import pandas as pd

    from imbnas.cli.short_tables import ShortTable
    from imbnas.leaderboards.results import Results


def print_answer(tables: "dict[str, pd.DataFrame]") -> None:
    """Print what a run found, and what limits it, in sentences."""
    from imbnas.leaderboards.headline import findings, reservations

    click.echo("")
    for sentence in (*findings(tables), *reservations(tables)):
        _print_wrapped(sentence)


def print_leaderboards(tables: "dict[str, pd.DataFrame]", title: str) -> None:
    """Print the tables that answer a suite's questions; the others are files only.

    Rows of which nothing is known yet, as where other parts were run, are counted below; of tables
    without any other row nothing else is printed. Of each table the columns are shown that matter
    and that fit; files hold all of them.
    """
    not_begun: dict[str, int] = {}
    for name, shown in SHORT_TABLES.items():
        table = tables[name]
        if table.empty:
            continue
        begun = shown.begun(table)
        if not begun.any():
            not_begun[name] = len(table)
            continue
        click.echo(f"\n{name} ({title})")
        _print_rows(name, shown, table[begun])
        if not begun.all():
            click.echo(f"{(~begun).sum()} more rows have no result yet.")
        for line in _explained(table[begun]):
            _print_wrapped(line)
    for name, rows in not_begun.items():
        click.echo(f"\n{name} ({title}): {rows} more rows have no result yet.")
    click.echo("")
    print_claims(tables)


def _print_rows(name: str, shown: "ShortTable", table: "pd.DataFrame") -> None:
    """Print the first rows, with a heading for each part."""
    chosen = shown.chosen(table)
    for block in shown.blocks(chosen):
        _print_wrapped(block.heading)
        rows = list(zip(*block.columns.values(), strict=True))
        click.echo(narrow_table(rows, list(block.columns)))
    if len(table) > len(chosen):
        click.echo(f"{len(table) - len(chosen)} more rows are in {name}.csv.")


def _print_wrapped(text: str) -> None:
    click.echo(textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False))


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
        _print_wrapped(f"{claim.answer}: {claim.statement} ({claim.name}; {claim.source})")
    if answered:
        click.echo("")


def note_circumstances(results: "Results") -> None:
    """Print one line where records of a run were not all made alike."""
    from imbnas.leaderboards.provenance import origins

    warning = origins(results).warning()
    if warning:
        note(f"warning: {warning}")
