"""Every column of every table is described."""

import csv
import re
from pathlib import Path

import pytest

from imbnas.leaderboards.tables import submitted
from imbnas.leaderboards.tables.build import TABLES

from .pages import DOCS

ROOT = DOCS.parent
PAGE = (DOCS / "reference" / "tables.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", PAGE, re.MULTILINE))
PUBLISHED = [
    pytest.param(path, id="-".join(path.parts[-3:]))
    for path in sorted(ROOT.glob("leaderboards/*/*/*.csv")) if path.stem in TABLES
]  # fmt: skip


def described(section: str) -> list[str]:
    rows = re.findall(r"^\| (`[^|]+) \|", SECTIONS[section], re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def known(table: str) -> set[str]:
    return {*described("Columns of many tables"), *described(table)}


def plain(column: str) -> str:
    """Columns of ``architectures`` have a training behind their name."""
    name, *training = column.split(" ", 1)
    return f"{name} …" if training else name


def test_every_table_has_a_section_and_its_question() -> None:
    assert set(SECTIONS) == {"Columns of many tables", *TABLES}
    assert re.findall(r"^\| \[`(\w+)`\]\(#\1\)", PAGE, re.MULTILINE) == list(TABLES)


def header(file: Path) -> set[str]:
    with file.open() as lines:
        return set(map(plain, next(csv.reader(lines))))


def test_what_is_described_is_what_a_run_writes(finished_run: Path) -> None:
    for table in TABLES:
        columns = header(finished_run / "tables" / f"{table}.csv")
        assert columns <= known(table), table
        assert set(described(table)) <= columns, table


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_described_twice(table: str) -> None:
    names = described(table)
    assert len(names) == len(set(names))


def test_columns_of_submissions_are_described() -> None:
    assert set(submitted.COLUMNS) <= set(described("Columns of many tables"))


@pytest.mark.parametrize("file", PUBLISHED)
def test_columns_of_published_tables_are_described(file: Path) -> None:
    assert header(file) <= known(file.stem)
