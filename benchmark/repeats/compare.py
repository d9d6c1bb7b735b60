"""Do the tables of a run hold when the whole run is repeated?

    python benchmark/repeats/compare.py RUN RUN …

Repeats of one suite and fidelity differ in what a result must not hang on: the seeds
(``--first-replicate``), the instruction set (``ONEDNN_MAX_CPU_ISA=AVX2``), the versions below. Each
argument is a run directory after ``imbnas-bench report``, or a folder of published tables. A repeat
with the seeds of a published board needs ``--no-reuse``, or else takes over its records. Of every
row that all of them have, and of every number with an interval:

- the estimates, their standard deviation over repeats, and half of an interval's mean width: for
  independent repeats of a 95% interval that is true, about twice the standard deviation (a mean
  over replicates without an interval of its own has Student's);
- the pairs of repeats whose difference is within what their intervals allow. The interval of a
  difference of two independent estimates follows from the intervals of both: each moves by the
  half of its interval that faces the other, and the two are added as roots of squares (Zou & Donner
  2008, "Construction of confidence limits about effect measures: a general approach"). At most 1
  pair in 20 should fall outside; repeats that have something in common, such as seeds or
  architectures, should differ less.

A contradiction is one that a reader of either table would be misled by: opposite verdicts
(*changed* in one, *not distinguishable from noise* in another), a difference that is shown to be
above 0 in one and below 0 in another, ranges of ranks without a rank in common. A verdict or range
that merely differs, such as *changed* and *inconclusive*, is listed as one that repeats do not
agree on.
"""

import csv
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev
from typing import ClassVar, TypeAlias

import click
from tabulate import tabulate

from imbnas.errors import InputError

REQUIRED = ("adaptation", "rank_correlation", "matched_budget")
"""Any other table that has intervals or verdicts is compared, too."""
NAMING = (
    "item", "claim", "rests_on", "part", "metric", "strategy", "searcher", "reference", "ranker",
    "x", "x_scheme", "y", "y_scheme", "k", "source", "source_scheme", "target", "target_scheme",
    "condition", "scheme", "compared_with", "compared_scheme", "population", "protocol", "fidelity",
    "epoch", "balanced", "balanced_scheme", "long_tailed", "long_tailed_scheme", "first", "second",
)  # fmt: skip
"""Columns that say what a row is of; a table has some of them."""
ESTIMATES = {
    "": ("effect",),
    "ci": ("tau_b",),
    "ceiling": ("noise_ceiling",),
    "corrected": ("tau_corrected", "corrected_difference"),
    "difference": ("difference", "difference_to_p0"),
    "within": ("tau_within_macs",),
    "reference": ("reference_tau",),
}
"""Whose bounds PREFIX_low and PREFIX_high are, where PREFIX is not itself a column."""
DEVIATIONS = {"accuracy_mean": "accuracy_sd", "regret": "regret_sd"}
"""Means over replicates and their standard deviations, where a table gives no interval."""
VERDICTS = ("verdict", "row_answer", "answer")
"""So is every METRIC_vs_STRATEGY."""
OPPOSITE = (
    {"changed", "not distinguishable from noise"},
    {"ranks better", "ranks worse"},
    {"better", "worse"},
    {"supported", "contradicted"},
)
LEVEL = 0.05

Key: TypeAlias = tuple[str, ...]
Row: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Bounded:
    """An estimate between the bounds of its interval, and whether a test shows it to be not 0."""

    estimate: float
    low: float
    high: float
    shown: bool

    @property
    def half(self) -> float:
        """Half of the interval's width."""
        return (self.high - self.low) / 2

    @property
    def sign(self) -> int:
        """What is shown about its sign: 1, -1, or 0 for nothing."""
        if not self.shown or self.low <= 0 <= self.high:
            return 0
        return 1 if self.low > 0 else -1


@dataclass(frozen=True)
class Interval:
    """Columns of an estimate, of its bounds and of the p-value that its statement rests on."""

    estimate: str
    low: str
    high: str
    p_value: str | None

    @property
    def is_rank(self) -> bool:
        """Ranges of ranks are statements, not measurements: they contradict or they do not."""
        return self.estimate.split("_")[-1] == "rank"

    @property
    def is_difference(self) -> bool:
        """Whether being above or below 0 is what it says."""
        return any(word in self.estimate for word in ("difference", "gain", "effect"))

    def of(self, row: Row) -> Bounded | None:
        """Its values in a row; ``None`` where one is missing."""
        estimate, low, high = (_number(row[name]) for name in (self.estimate, self.low, self.high))
        if any(math.isnan(value) for value in (estimate, low, high)):
            return None
        p_value = _number(row[self.p_value]) if self.p_value else 0.0
        return Bounded(estimate, low, high, shown=p_value <= LEVEL)


@dataclass(frozen=True)
class Student:
    """Columns of a mean over replicates and of their standard deviation: Student's interval."""

    estimate: str
    sd: str
    is_rank: ClassVar[bool] = False
    is_difference: ClassVar[bool] = False

    def of(self, row: Row) -> Bounded | None:
        """Its values in a row; ``None`` where one is missing, or how many replicates there are."""
        mean, sd, number = (_number(row[name]) for name in (self.estimate, self.sd, "n_replicates"))
        if math.isnan(mean) or math.isnan(sd) or number < 2 or _number(row["n_missing"]) != 0:
            return None
        from scipy import stats

        half = float(stats.t.isf(LEVEL / 2, number - 1)) * sd / math.sqrt(number)
        return Bounded(mean, mean - half, mean + half, shown=True)


def within(one: Bounded, other: Bounded) -> bool:
    """Whether two independent estimates differ by no more than their intervals allow."""
    lower, upper = sorted((one, other), key=lambda bounded: bounded.estimate)
    allowed = math.hypot(lower.high - lower.estimate, upper.estimate - upper.low)
    return upper.estimate - lower.estimate <= allowed * (1 + 1e-9)


@dataclass(frozen=True)
class Table:
    """A table of one repeat.

    Attributes:
        columns: in the order of the file.
        rows: by the values of its naming columns.
    """

    columns: tuple[str, ...]
    rows: Mapping[Key, Row]


def read(path: Path) -> Table:
    """Read a CSV file.

    Raises:
        InputError: two rows are of the same thing.
    """
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.DictReader(file)
        columns = tuple(lines.fieldnames or ())
        rows: dict[Key, Row] = {}
        for line in lines:
            key = tuple(line[column] for column in NAMING if column in columns)
            if key in rows:
                raise InputError(f"{path}: two rows of {'; '.join(key)}; no name tells them apart")
            rows[key] = line
    return Table(columns, rows)


def tables_of(run: Path) -> Path:
    """The folder of a run's tables, or the folder itself where it is published.

    Raises:
        InputError: it holds none.
    """
    for folder in (run / "tables", run):
        if all((folder / f"{name}.csv").exists() for name in REQUIRED):
            return folder
    raise InputError(
        f"{run}: {', '.join(f'{name}.csv' for name in REQUIRED)} are neither in tables/ nor "
        "here; give a run directory after imbnas-bench report, or a folder of published tables"
    )


def names_of(folders: Sequence[Path]) -> list[str]:
    """Tables that all folders have and that hold an interval or a verdict, the required first."""
    in_all = set.intersection(*({path.stem for path in f.glob("*.csv")} for f in folders))
    further = [name for name in sorted(in_all - set(REQUIRED)) if _says(folders[0] / f"{name}.csv")]
    return [*REQUIRED, *further]


def _says(path: Path) -> bool:
    with path.open(newline="", encoding="utf-8") as file:
        columns = next(csv.reader(file), [])
    return bool(verdicts(columns)) or any(isinstance(i, Interval) for i in intervals(columns)[0])


def intervals(columns: Sequence[str]) -> tuple[list[Interval | Student], list[str]]:
    """What has bounds in a table; and lower bounds of which nobody knows whose they are."""
    found: list[Interval | Student] = []
    unknown = []
    for low in columns:
        prefix = low.removesuffix("low").removesuffix("_")
        high = f"{prefix}_high".removeprefix("_")
        if not (low == "low" or low.endswith("_low")) or high not in columns:
            continue
        candidates = ESTIMATES.get(prefix, (prefix,))
        estimate = next((column for column in candidates if column in columns), None)
        if estimate is None:
            unknown.append(low)
        else:
            found.append(Interval(estimate, low, high, _p_value(prefix, columns)))
    bounded = {interval.estimate for interval in found}
    found += [
        Student(mean, sd)
        for mean, sd in DEVIATIONS.items()
        if mean not in bounded and {mean, sd, "n_replicates", "n_missing"} <= set(columns)
    ]
    return found, unknown


def verdicts(columns: Sequence[str]) -> list[str]:
    """Columns that hold a statement in words."""
    return [column for column in columns if column in VERDICTS or "_vs_" in column]


def _p_value(prefix: str, columns: Sequence[str]) -> str | None:
    own = f"{prefix}_p_adjusted"
    if own in columns:
        return own
    return "p_adjusted" if prefix == "difference" and "p_adjusted" in columns else None


@dataclass(frozen=True)
class Spread:
    """One number of one row in all repeats that have it with its interval.

    Attributes:
        row: what it is of.
        column: its name.
        values: one for each of these repeats, at least two.
    """

    row: str
    column: str
    values: tuple[Bounded, ...]

    @property
    def pairs(self) -> int:
        """Of these repeats."""
        return math.comb(len(self.values), 2)

    @property
    def held(self) -> int:
        """Pairs that differ by no more than their intervals allow."""
        return sum(within(one, other) for one, other in combinations(self.values, 2))

    @property
    def sd(self) -> float:
        """Standard deviation of the estimates over repeats."""
        return stdev(value.estimate for value in self.values)

    @property
    def half(self) -> float:
        """Half of the mean width of the intervals."""
        return fmean(value.half for value in self.values)

    def cells(self) -> list[str]:
        """As a row of the printed table."""
        estimates = ", ".join(_short(value.estimate) for value in self.values)
        numbers = _short(self.sd), _short(self.half)
        return [self.row, self.column, estimates, *numbers, f"{self.held} of {self.pairs}"]


@dataclass(frozen=True)
class Contradiction:
    """Two repeats that cannot both be right.

    Attributes:
        kind: verdict, sign or rank.
        row: what it is about.
        what: column and both statements.
    """

    kind: str
    row: str
    what: str


@dataclass(frozen=True)
class Statement:
    """A verdict or a range of ranks that is not the same in all repeats.

    Attributes:
        row: what it is about.
        column: its name.
        said: by each repeat.
    """

    row: str
    column: str
    said: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """One table over all repeats.

    Attributes:
        name: of the table.
        rows: in all repeats.
        pairs: of repeats.
        spreads: of every number with an interval, but for ranks.
        statements: that repeats do not agree on, whether they contradict each other or not.
        contradictions: each of two repeats.
        notes: what could not be compared.
    """

    name: str
    rows: int
    pairs: int
    spreads: tuple[Spread, ...]
    statements: tuple[Statement, ...]
    contradictions: tuple[Contradiction, ...]
    notes: tuple[str, ...]


def compare(name: str, tables: Sequence[Table]) -> Comparison:
    """Compare a table over repeats, row by row."""
    common = [key for key in tables[0].rows if all(key in table.rows for table in tables)]
    columns = [c for c in tables[0].columns if all(c in table.columns for table in tables)]
    bounded, unknown = intervals(columns)
    notes = [f"{low}: no column is known whose lower bound this is" for low in unknown]
    notes += _lacking(tables, common, columns)
    spreads: list[Spread] = []
    statements: list[Statement] = []
    found: list[Contradiction] = []
    for key, row in _labels(common).items():
        rows = [table.rows[key] for table in tables]
        statements += _statements(row, rows, columns, bounded)
        found += _opposite_verdicts(row, rows, columns)
        for interval in bounded:
            values = [value for value in map(interval.of, rows) if value is not None]
            notes += _partly_missing(row, interval, len(values), len(rows))
            found += _contradictions(row, interval, values)
            if not interval.is_rank and len(values) > 1:
                spreads.append(Spread(row, interval.estimate, tuple(values)))
    pairs = math.comb(len(tables), 2)
    return Comparison(
        name, len(common), pairs, tuple(spreads), tuple(statements), tuple(found), tuple(notes)
    )


def _lacking(
    tables: Sequence[Table], common: Sequence[Key], columns: Sequence[str]
) -> Iterator[str]:
    for place, table in enumerate(tables, start=1):
        if len(table.rows) > len(common):
            yield f"repeat {place}: {len(table.rows) - len(common)} rows that not all repeats have"
        if others := [column for column in table.columns if column not in columns]:
            yield f"repeat {place}: columns that not all repeats have: {', '.join(others)}"


def _partly_missing(
    row: str, interval: Interval | Student, there: int, repeats: int
) -> Iterator[str]:
    if 0 < there < repeats:
        yield f"{row}: {interval.estimate} with its interval in {there} of {repeats} repeats"


def _labels(keys: Sequence[Key]) -> dict[Key, str]:
    """As few of the names as tell the rows of a table apart, the first ones before the others."""
    places = list(range(len(keys[0]))) if keys else []
    for place in reversed(places[1:]):
        fewer = [kept for kept in places if kept != place]
        if len({tuple(key[kept] for kept in fewer) for key in keys}) == len(keys):
            places = fewer
    return {key: " ".join(key[place] for place in places if key[place]) for key in keys}


def _statements(
    row: str, rows: Sequence[Row], columns: Sequence[str], bounded: Sequence[Interval | Student]
) -> Iterator[Statement]:
    said = {column: [line[column] for line in rows] for column in verdicts(columns)}
    for interval in bounded:
        if interval.is_rank:
            said[interval.estimate] = [_range(interval.of(line)) for line in rows]
    for column, statements in said.items():
        if len(set(statements)) > 1:
            yield Statement(row, column, tuple(statements))


def _range(rank: Bounded | None) -> str:
    return "" if rank is None else f"{rank.low:.0f} to {rank.high:.0f}"


def _opposite_verdicts(
    row: str, rows: Sequence[Row], columns: Sequence[str]
) -> Iterator[Contradiction]:
    for column in verdicts(columns):
        for one, other in combinations([line[column] for line in rows], 2):
            if {one, other} in OPPOSITE:
                yield Contradiction("verdict", row, f"{column}: {one} | {other}")


def _contradictions(
    row: str, interval: Interval | Student, values: Sequence[Bounded]
) -> Iterator[Contradiction]:
    for one, other in combinations(values, 2):
        said = " | ".join(
            f"{_short(value.estimate)} [{_short(value.low)}, {_short(value.high)}]"
            for value in (one, other)
        )
        what = f"{interval.estimate}: {said}"
        if interval.is_rank:
            if one.low > other.high or other.low > one.high:
                yield Contradiction("rank", row, what)
        elif interval.is_difference and one.sign * other.sign < 0:
            yield Contradiction("sign", row, what)


def printed(comparison: Comparison) -> str:
    """All rows of one table as text."""
    head = ("row", "column", "estimates", "sd", "half width", "pairs that hold")
    parts = [f"## {comparison.name}: {comparison.rows} rows in all repeats"]
    if comparison.spreads:
        parts.append(_text(head, [spread.cells() for spread in comparison.spreads]))
    if comparison.statements:
        cells = [[s.row, s.column, " | ".join(s.said)] for s in comparison.statements]
        parts.append(_text(("row", "column", "repeats do not agree"), cells))
    if comparison.contradictions:
        cells = [[found.kind, found.row, found.what] for found in comparison.contradictions]
        parts.append(_text(("contradiction", "row", "statements"), cells))
    parts += [f"note: {note}" for note in comparison.notes]
    return "\n\n".join(parts) + "\n"


def summarised(comparisons: Sequence[Comparison]) -> str:
    """Counts of each table, and of each of its columns."""
    cells, columns = [], []
    for table in comparisons:
        kinds = Counter(found.kind for found in table.contradictions)
        counts = [kinds[kind] for kind in ("verdict", "sign", "rank")]
        cells.append([table.name, table.rows, table.pairs, *counts, len(table.statements)])
        names = dict.fromkeys(spread.column for spread in table.spreads)
        columns += [_column(table.name, name, table.spreads) for name in names]
    head = ("table", "rows", "pairs of repeats", "verdicts", "signs", "ranks", "not agreed on")
    wide = ("table", "column", "rows", "mean sd", "mean half width", "pairs that hold", "share")
    return (
        f"## contradictions\n\n{_text(head, cells)}\n\n"
        f"## spread over repeats beside intervals\n\n{_text(wide, columns)}\n"
    )


def _column(table: str, column: str, spreads: Sequence[Spread]) -> list[object]:
    chosen = [spread for spread in spreads if spread.column == column]
    held, pairs = sum(spread.held for spread in chosen), sum(spread.pairs for spread in chosen)
    means = (_short(fmean(getattr(s, name) for s in chosen)) for name in ("sd", "half"))
    return [table, column, len(chosen), *means, f"{held} of {pairs}", f"{held / pairs:.3f}"]


def _text(head: Sequence[str], cells: Sequence[Sequence[object]]) -> str:
    return tabulate(cells, head, tablefmt="github", disable_numparse=True)


def _number(cell: str) -> float:
    return float(cell) if cell else math.nan


def _short(number: float) -> str:
    return f"{number:.4g}"


def compared(folders: Sequence[Path]) -> Iterator[Comparison]:
    """Every table; a note stands for a further one whose rows have no names of their own.

    Raises:
        InputError: that is so of a required table.
    """
    for name in names_of(folders):
        try:
            tables = [read(folder / f"{name}.csv") for folder in folders]
        except InputError as error:
            if name in REQUIRED:
                raise
            yield Comparison(name, 0, math.comb(len(folders), 2), (), (), (), (str(error),))
        else:
            yield compare(name, tables)


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
def main(runs: tuple[Path, ...]) -> None:
    """Compare the tables of repeats of one run, given as run directories or published folders."""
    try:
        if len(runs) < 2:
            raise InputError("RUN: one run has no repeat; give two or more")
        folders = [tables_of(run) for run in runs]
        comparisons = list(compared(folders))
        if not any(comparison.rows for comparison in comparisons):
            raise InputError("RUN: the runs have no row in common; give repeats of one suite")
    except InputError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    for place, folder in enumerate(folders, start=1):
        click.echo(f"repeat {place}: {folder}")
    click.echo("")
    for comparison in comparisons:
        click.echo(printed(comparison))
    click.echo(summarised(comparisons))


if __name__ == "__main__":
    main()
