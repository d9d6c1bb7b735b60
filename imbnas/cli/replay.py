"""``imbnas-bench replay``: searchers on a table in place of trainings."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.options import json_option, plugin_option
from imbnas.cli.output import note, print_json
from imbnas.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from imbnas.table.benchmark import Benchmark

_SHOWN = (
    "searcher", "queries", "regret_balanced", "regret_target", "difference", "difference_low",
    "difference_high",
)  # fmt: skip

_SIDES = ["balanced", "balanced_scheme", "target", "target_scheme"]


@click.command("replay")
@click.option("--board", required=True, metavar="BOARD", help="Title or folder of a board, run "
              "directory, or file that export wrote.")  # fmt: skip
@click.option("--searcher", "searchers", multiple=True, metavar="NAME[(OPTION=VALUE,…)]",
              help="A registered searcher; repeatable.  [default: random, and on a whole space "
              "evolution and local-search]")  # fmt: skip
@click.option("--budget", type=click.IntRange(min=1), metavar="N",
              help="Queries of a search.  [default: half of the table, at most 200]")  # fmt: skip
@click.option("--repetitions", type=click.IntRange(min=2), default=200, metavar="R",
              help="Searches with each searcher on each side.")  # fmt: skip
@click.option("--draw", type=click.Choice(("query", "search")), default="query",
              help="What draws a replicate: each query, or each search once for all its queries, "
              "as with one set of images.")  # fmt: skip
@click.option("--balanced", metavar="CONDITION", help="Search on this.  [default: the references "
              "of the suite's transfer parts]")  # fmt: skip
@click.option("--balanced-scheme", metavar="SCHEME", help="With --balanced.  [default: the only "
              "one]")  # fmt: skip
@click.option("--target", metavar="CONDITION", help="Judge on this.  [default: the targets of the "
              "suite's transfer parts]")  # fmt: skip
@click.option("--target-scheme", metavar="SCHEME", help="With --target.  [default: the only "
              "one]")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of all random numbers.")
@click.option("--out", type=click.Path(path_type=Path), default=Path(), metavar="DIR",
              help="Where replay.csv, .svg and .png go.")  # fmt: skip
@plugin_option
@json_option
def command(
    board: str,
    searchers: tuple[str, ...],
    out: Path,
    as_json: bool,
    balanced: str | None,
    balanced_scheme: str | None,
    target: str | None,
    target_scheme: str | None,
    **settings: Any,
) -> None:
    """Search a table on balanced data and on the target itself; compare what is found.

    Regrets are in percentage points of mean per-class recall on the target, judged by replicates
    that the search did not see. Their difference is what searching on balanced data costs.
    """
    from imbnas.replay.choices import default_searchers
    from imbnas.replay.experiment import Replay
    from imbnas.replay.report import write_replay
    from imbnas.suites.choice import SearcherChoice, parse_choice
    from imbnas.table.loading import load_benchmark

    choices = tuple(parse_choice(SearcherChoice, each, "--searcher") for each in searchers)
    with warnings.catch_warnings(record=True) as warned:
        bench = load_benchmark(board)
    for each in warned:
        note(str(each.message))
    replay = Replay(
        choices or default_searchers(bench),
        balanced=_training(bench, "balanced", balanced, balanced_scheme),
        target=_training(bench, "target", target, target_scheme),
        **settings,
    )
    table = replay.table(bench)
    files = write_replay(table, bench.title, out)
    if as_json:
        print_json({"suite": bench.title, "files": [str(path) for path in files],
                    "rows": table[table["marked"]].to_dict("records")})  # fmt: skip
    else:
        _print(table, bench.title)
        click.echo("\n".join(map(str, files)))
    _note(table)


def _training(
    bench: "Benchmark", side: str, condition: str | None, scheme: str | None
) -> tuple[str, str] | None:
    if condition is None:
        if scheme is not None:
            raise InputError(f"--{side}-scheme {scheme}: give --{side}, too")
        return None
    schemes = [other for name, other in bench.trainings if name == condition]
    if scheme is None and len(schemes) > 1:
        raise InputError(f"--{side} {condition}: give --{side}-scheme, of {', '.join(schemes)}")
    return condition, scheme or (schemes[0] if schemes else "ce")


def _print(table: "pd.DataFrame", title: str) -> None:
    from tabulate import tabulate

    from imbnas.leaderboards.tables.formats import format_cells

    marked = table[table["marked"]]
    headers = [name.removeprefix("difference_") for name in _SHOWN]
    click.echo(f"replay ({title})")
    for sides, rows in marked.groupby(_SIDES, sort=False):
        balanced, balanced_scheme, target, target_scheme = sides
        click.echo(f"balanced {balanced} {balanced_scheme}, target {target} {target_scheme}")
        cells = format_cells(rows[list(_SHOWN)])
        click.echo(tabulate(cells, headers=headers, disable_numparse=True))


def _note(table: "pd.DataFrame") -> None:
    """What a reader of the rows should know, on standard error."""
    first = table.iloc[0]
    if table["n_left_out"].any():
        most = table["n_left_out"].max()
        note(f"{most:,} architectures lack a training on either side and are left out")
    if table["n_ended_early"].any():
        names = ", ".join(dict.fromkeys(table.loc[table["n_ended_early"] > 0, "searcher"]))
        note(f"some searches ended before their budget: {names}")
    if table["difference_low"].isna().all():
        note("no intervals: the target needs three replicates, the balanced training two")
    note(
        f"{first['n_architectures']:,} architectures; regret is to the best by the other "
        f"replicates; to the best there is, it is at most {table['optimism'].max():.2f} points more"
    )
