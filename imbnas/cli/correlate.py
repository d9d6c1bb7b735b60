"""``imbnas-bench correlate``: rank statistics for anybody's own table."""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imbnas.error_texts import shortened
from imbnas.errors import InputError
from imbnas.units.largest import LARGEST_SEED, MOST_RESAMPLES

if TYPE_CHECKING:
    import pandas as pd

    from imbnas.leaderboards.joined_tables import JoinedTable
    from imbnas.stats import RankTransfer

_ABSENT = "-"
_KEY = "architecture"
_OF_PREDICTORS = {
    "changed": "below the noise ceiling",
    "not distinguishable from noise": "not distinguishable from the noise ceiling",
}
"""Verdicts on a predictor, which is no ranking that could have changed."""
_MOST_DRAWS = 2**30
"""Rows of all resamples together, which are held in memory."""


@dataclass(frozen=True)
class Question:
    """What to compute from a table.

    Attributes:
        table: path of the CSV file; ``-`` for standard input.
        join: path of another one, whose columns are put beside those of ``table``, or ``None``.
        on: column of both files, whose text says which rows belong together, or ``None`` for
            ``architecture``.
        x: columns of the one side, its replicates.
        y: columns of the other side.
        group: column whose values part the table, or ``None``.
        predictor: whether x has no noise of its own.
        resamples: bootstrap resamples; ``None`` chooses by the number of rows.
        seed: of the resampling.
        level: of the intervals.
    """

    table: Path
    join: Path | None
    on: str | None
    x: tuple[str, ...]
    y: tuple[str, ...]
    group: str | None
    predictor: bool
    resamples: int | None
    seed: int
    level: float


@dataclass(frozen=True)
class Answer:
    """What was computed.

    Attributes:
        groups: (group, result) sorted by group, numbers first and by value; the one group is
            ``None`` without ``--group``.
        ungrouped: how many rows are left out because their group is blank.
        unjoined: which rows have no partner in the other file, a line for each file.
    """

    groups: list[tuple[str | None, "RankTransfer"]]
    ungrouped: int
    unjoined: tuple[str, ...]


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--x", "x", required=True, metavar="COL[,COL…]", help="Columns of one side.")
@click.option("--y", "y", required=True, metavar="COL[,COL…]", help="Columns of the other side.")
@click.option(
    "--join",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Another CSV file, whose columns stand beside those of TABLE.",
)
@click.option(
    "--on",
    metavar="COL",
    help="With --join: column of both files that says which rows belong together.  "
    "[default: architecture]",
)
@click.option("--group", metavar="COL", help="One result for each value of this column.")
@click.option("--predictor", is_flag=True, help="The x column has no noise of its own: MACs, …")
@click.option(
    "--resamples",
    type=click.IntRange(max=MOST_RESAMPLES),
    help="Bootstrap resamples.  [default: 2000, or 500 from 2000 rows on; more for many groups]",
)
@click.option(
    "--seed",
    default=0,
    type=click.IntRange(0, LARGEST_SEED),
    help="Seed of the resampling.",
)
@click.option("--level", default=0.95, help="Level of the intervals.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(table: Path, x: str, y: str, as_json: bool, **options: Any) -> None:
    """Compare two rankings in TABLE, a CSV file with one row for each architecture.

    TABLE names its columns in the first line; commas, semicolons or tabs separate them. `-` reads
    standard input. Several columns on one side are replicates (seeds). With two or more on both
    sides the noise ceiling and a verdict are given: did the ranking change by more than noise? With
    --predictor, two or more y columns do, and the verdict is whether x ranks as well as noise in y
    allows. With --join, columns of either file may be named; rows without a partner are left out,
    and counted.
    """
    question = Question(table, x=_names(x), y=_names(y), **options)
    answer = compute(question)
    shown = _as_json if as_json else _as_text
    click.echo(shown(question, answer))


def compute(question: Question) -> Answer:
    """Read the table and compute the statistics of each group.

    With groups, verdicts and ``p_adjusted`` are corrected by Holm's method over the groups.

    Raises:
        InputError: a file cannot be read, a column is missing, named twice, in both files, or not
            numeric, no row has a partner, or the settings leave nothing to compute.
    """
    from imbnas.stats import holm_verdicts, rank_against_predictor, rank_transfer, resamples_for

    _check_columns(question)
    table = _read(question)
    frame = table.frame
    compare = rank_against_predictor if question.predictor else rank_transfer
    parts, ungrouped = _parts(frame, question.group)
    given = question.resamples
    if given is not None and given * len(frame) > _MOST_DRAWS:
        raise InputError(
            f"--resamples: {given} of {len(frame)} rows are more than {_MOST_DRAWS:,} rows; give "
            f"at most {_MOST_DRAWS // len(frame)}"
        )
    rows = [
        compare(
            part[list(question.x)].to_numpy(float),
            part[list(question.y)].to_numpy(float),
            resamples=resamples_for(len(part), len(parts)) if given is None else given,
            seed=question.seed,
            level=question.level,
        )
        for _, part in parts
    ]
    if question.group is not None:
        rows = list(holm_verdicts(rows, level=question.level))
    if question.predictor:
        rows = [_of_predictor(row) for row in rows]
    results = [(name, row) for (name, _), row in zip(parts, rows, strict=True)]
    return Answer(results, ungrouped, table.notes)


def _names(text: str) -> tuple[str, ...]:
    """Column names, separated by commas; those that hold one are quoted."""
    try:
        names = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:
        names = text.split(",")
    return tuple(name.strip() for name in names) or ("",)


def _of_predictor(row: "RankTransfer") -> "RankTransfer":
    verdict: Any = row.verdict and _OF_PREDICTORS.get(row.verdict, row.verdict)
    return replace(row, verdict=verdict)


def _check_columns(question: Question) -> None:
    seen: set[str] = set()
    for side, names in (("--x", question.x), ("--y", question.y)):
        for name in names:
            if not name:
                raise InputError(f"{side}: an empty column name; write {side} COL[,COL…]")
            if name in seen:
                raise InputError(
                    f"{side}: column {name!r} is named twice; a column cannot be its own replicate"
                )
            seen.add(name)
    if question.group in seen:
        raise InputError(f"--group: column {question.group!r} is also a side; name another one")
    if question.on is not None and question.join is None:
        raise InputError(
            "--on: there is one file; give the other one with --join, or leave out --on"
        )
    if question.predictor and len(question.x) > 1:
        raise InputError(
            "--predictor: x has several columns; a predictor without noise has one, "
            "replicates go without --predictor"
        )


def _read(question: Question) -> "JoinedTable":
    from imbnas.leaderboards.csv_files import check_column, measurements
    from imbnas.leaderboards.joined_tables import read_alone, read_joined

    path, other = question.table, question.join
    table = read_alone(path) if other is None else read_joined(path, other, question.on or _KEY)
    for option, names in (("--x", question.x), ("--y", question.y), ("--group", (question.group,))):
        for name in names:
            if name is not None:
                check_column(path, table.frame, name, option)
            if name in table.ambiguous:
                raise InputError(f"{option}: column {name!r} is in {path} and {other}; rename one")
    _check_units(table, question)
    read = {
        name: measurements(table.files[name], table.frame, name)
        for name in (*question.x, *question.y)
    }
    return replace(table, frame=table.frame.assign(**read))


def _check_units(table: "JoinedTable", question: Question) -> None:
    """Refuse a side whose columns cannot be averaged."""
    from imbnas.leaderboards.csv_files import are_percentages

    for option, names in (("--x", question.x), ("--y", question.y)):
        with_sign = [name for name in names if are_percentages(table.frame, name)]
        others = [name for name in names if name not in with_sign]
        if with_sign and others:
            raise InputError(
                f"{question.table}: {option}: column {with_sign[0]!r} has signs %, column "
                f"{others[0]!r} has none; replicates need one unit"
            )


def _parts(
    frame: "pd.DataFrame", group: str | None
) -> tuple[list[tuple[str | None, "pd.DataFrame"]], int]:
    if group is None:
        return [(None, frame)], 0
    blank = frame[group] == ""
    named = {str(name): part for name, part in frame[~blank].groupby(group)}
    return [(name, named[name]) for name in _in_order(list(named))], int(blank.sum())


def _in_order(names: Sequence[str]) -> list[str]:
    """Names that are numbers by value, then all others as text."""

    def key(name: str) -> tuple[bool, float, str]:
        try:
            value = float(name)
        except ValueError:
            return True, 0.0, name
        return (False, value, name) if math.isfinite(value) else (True, 0.0, name)

    return sorted(names, key=key)


def _as_json(question: Question, answer: Answer) -> str:
    """One object: the question, and either the statistics themselves or one entry per group."""
    content: dict[str, Any] = asdict(question)
    for name in ("table", "join"):
        if content[name] is not None:
            content[name] = shortened(content[name].name)
    content |= {"unjoined": answer.unjoined} if question.join is not None else {}
    if question.group is None:
        content |= asdict(answer.groups[0][1])
    else:
        groups = [{"group": name, **asdict(row)} for name, row in answer.groups]
        content |= {"n_ungrouped": answer.ungrouped, "groups": groups}
    return json.dumps(content, allow_nan=False, ensure_ascii=False, indent=2)


def _as_text(question: Question, answer: Answer) -> str:
    from tabulate import tabulate

    rows, notes = [], list(answer.unjoined)
    for name, row in answer.groups:
        cells = {
            "n": row.n,
            "tau-b": _bounded(row.tau_b, row.ci_low, row.ci_high),
            "noise ceiling": _bounded(row.noise_ceiling, row.ceiling_low, row.ceiling_high),
            "corrected": _number(row.tau_corrected) + (" (clipped)" if row.clipped else ""),
            "Spearman": _number(row.spearman),
            "weighted tau": _number(row.weighted_tau),
            "verdict": row.verdict or _ABSENT,
        }
        rows.append(cells if name is None else {"group": name, **cells})
        prefix = "" if name is None else f"{name}: "
        if row.n_dropped:
            notes.append(f"{prefix}{row.n_dropped} rows with a missing value left out")
        notes += [f"{prefix}{note}" for note in row.notes]
    if answer.ungrouped:
        notes.append(f"{answer.ungrouped} rows with a blank group left out")
    table = tabulate(rows, headers="keys", disable_numparse=True)
    legend = f"[low, high]: {question.level:.3g} interval, bootstrap over rows"
    return "\n".join([table, legend, *notes])


def _number(value: float | None) -> str:
    return _ABSENT if value is None else f"{value:.3f}"


def _bounded(value: float | None, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return _number(value)
    return f"{_number(value)} [{low:.3f}, {high:.3f}]"
