"""Who handed in a row, when, and how much of it was computed again; on boards that took any."""

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared import standings
from imbnas.runs.store.submitted import Submitted
from imbnas.units.records import Record

COLUMNS = ("origin", "submitted", "verified", "state")
_ENTRIES = {"adaptation": "strategy", "rankers": "ranker", "baselines": "model"}
"""Table → column with the label of the entry that a row is of."""
_COMPARED = {*standings.COLUMNS, "difference_p_adjusted", "p_adjusted", "verdict"}
"""What depends on the other rows."""

Build = Callable[[Results], pd.DataFrame]


def with_submissions(
    results: Results, tables: Mapping[str, pd.DataFrame], build: Mapping[str, Build]
) -> dict[str, pd.DataFrame]:
    """The tables with columns ``COLUMNS`` where rows are of entries, and with withdrawn rows.

    - ``origin``: title and author of the submission; empty for what the suite lists.
    - ``submitted``: day on which it was accepted.
    - ``verified``: how much was computed again, by which version and when, or ``no``.
    - ``state``: ``accepted`` or ``withdrawn``. Withdrawn rows are built with the suite's own alone,
      and without what compares them with others: ranks, verdicts and adjusted p-values.

    Args:
        results: of a board.
        tables: name → table; those of a board without submissions are returned as they are.
        build: name → what builds it.
    """
    if not results.submissions:
        return dict(tables)
    found = dict(tables)
    active = [each for each in results.submissions if not each.withdrawn]
    gone = [each for each in results.submissions if each.withdrawn]
    records = {**{r.identity: r for each in gone for r in each.records()}, **results.records}
    for name, column in _ENTRIES.items():
        rows = [_marked(tables[name], column, active)]
        for each in gone:
            table = _marked(build[name](_alone(each, records)), column, [each])
            kept = table[table["state"] == "withdrawn"]
            if not kept.empty:
                rows.append(kept.assign(**dict.fromkeys(_COMPARED & {*kept.columns}, None)))
        found[name] = pd.concat(rows, ignore_index=True) if len(rows) > 1 else rows[0]
    return found


def _alone(each: Submitted, records: Mapping[str, Record]) -> Results:
    """The suite's own results with those of one submission."""
    suite = each.suite.model_copy(update={"added": {}})
    return Results.collect(suite, records.values()).of_the_suite()


def _marked(table: pd.DataFrame, column: str, taken: list[Submitted]) -> pd.DataFrame:
    """A table with the columns, filled in for entries of some submissions."""
    by_entry = {key: each for each in taken for key in _keys(each)}
    cells = []
    for part, label in zip(table["part"], table[column], strict=True):
        each = by_entry.get((column, part, label)) or by_entry.get((column, None, label))
        cells.append(_cells(each))
    marks = pd.DataFrame(cells, columns=list(COLUMNS), index=table.index, dtype=object)
    return pd.concat([table, marks], axis=1)


def _keys(each: Submitted) -> Iterator[tuple[str, str | None, str]]:
    """Column, part and label of its rows; rankers stand in parts of other kinds, too."""
    for kind, part, label in each.entries:
        if kind == "strategies":
            yield "strategy", part, label
        elif kind == "baselines":
            yield "model", part, label
        elif kind == "rankers":
            yield "ranker", part, label
            if label not in each.base.rankers:
                yield "strategy", None, label


def _cells(each: Submitted | None) -> tuple[str | None, ...]:
    if each is None:
        return (None,) * len(COLUMNS)
    line, state = each.logged, "withdrawn" if each.withdrawn else "accepted"
    return f"{line.title}, by {line.author}", line.date.isoformat(), line.verified, state
