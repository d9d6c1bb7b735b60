"""Files are read back as they were written, by imbnas and by others."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from imbnas.errors import InputError
from imbnas.leaderboards.results import Results
from imbnas.table import files
from imbnas.table.arrays import Columns, Lists, RepeatedLists, Texts
from imbnas.table.columns import NAMES
from imbnas.table.files import table_bytes
from imbnas.table.reading import columns_of, read_table
from imbnas.table.rows import Table, table_of

SUFFIXES = (".parquet", ".csv")


def plain(column: Any) -> list[Any]:
    rows = range(len(column.codes if hasattr(column, "codes") else column.known)
                 if not isinstance(column, np.ndarray) else len(column))  # fmt: skip
    if isinstance(column, Texts):
        return [column.text(row) for row in rows]
    if isinstance(column, RepeatedLists):
        return [column.list(row) for row in rows]
    if isinstance(column, Lists):
        return [column.list(row) if column.known[row] else None for row in rows]
    return [None if value != value else value for value in column.tolist()]


def content(columns: Columns) -> dict[str, list[Any]]:
    names = (set(Columns.__dataclass_fields__) & set(NAMES)) - {"suite"}
    return {name: plain(getattr(columns, name)) for name in names}


@pytest.fixture
def write(tmp_path: Path):
    def write(table: Table, suffix: str) -> Path:
        if suffix == ".parquet":
            pytest.importorskip("pyarrow")
        path = tmp_path / f"lt{suffix}"
        path.write_bytes(table_bytes(table, path))
        return path

    return write


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_is_read_back_as_the_table(write, table: Table, suffix: str) -> None:
    read, made = read_table(write(table, suffix)), columns_of(table, "here")
    assert content(read) == content(made)
    assert read.suite == made.suite == "tiny@1/only"
    assert read.comparisons == (table.comparisons if suffix == ".parquet" else ())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_equal_records_give_equal_bytes(fabricated: Results, write, suffix: str) -> None:
    turned = Results(fabricated.resolved, dict(reversed(fabricated.records.items())))
    first = write(table_of(fabricated, {}), suffix).read_bytes()
    assert write(table_of(turned, {}), suffix).read_bytes() == first


def test_many_row_groups_are_read_as_one(table: Table, write, monkeypatch) -> None:
    monkeypatch.setattr(files, "ROW_GROUP", 7)
    read = read_table(write(table, ".parquet"))
    assert content(read) == content(columns_of(table, "here"))


def expected(table: Table) -> list[tuple[str, int | None]]:
    counts = [sum(each) if each else None for each in table.frame["class_correct"]]
    return sorted(zip(table.frame["identity"], counts, strict=True))


def test_pandas_reads_it(table: Table, write) -> None:
    frame = pd.read_parquet(write(table, ".parquet"))
    assert list(frame) == list(NAMES)
    counts = [None if each is None else int(each.sum()) for each in frame["class_correct"]]
    assert sorted(zip(frame["identity"], counts, strict=True)) == expected(table)
    lists = pd.read_csv(write(table, ".csv"))["class_correct"]
    assert [None if each != each else sum(map(int, each.split())) for each in lists] == counts


def test_polars_reads_it(table: Table, write) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.read_parquet(write(table, ".parquet"))
    rows = frame.select("identity", polars.col("class_correct").list.sum()).rows()
    assert sorted(rows) == expected(table)
    assert polars.read_csv(write(table, ".csv")).shape == table.frame.shape


def test_duckdb_reads_it(table: Table, write) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = write(table, ".parquet")
    rows = duckdb.sql(f"select identity, list_sum(class_correct) from '{path}'").fetchall()
    assert sorted(rows) == expected(table)
    path = write(table, ".csv")
    assert duckdb.sql(f"select count(*) from '{path}'").fetchall() == [(len(table.frame),)]


def test_a_spreadsheet_computes_nothing_and_texts_come_back(table: Table, write) -> None:
    frame = table.frame.copy()
    hostile = ["=1+1", "'quoted", "@x", "-|none~0|", "+a"]
    frame["architecture"] = [hostile[i % 5] for i in range(len(frame))]
    path = write(Table(table.suite, frame, 0, 0, ()), ".csv")
    cells = pd.read_csv(path)["architecture"]
    assert cells.str.startswith("'").all()
    assert plain(read_table(path).architecture) == frame["architecture"].tolist()


@pytest.mark.parametrize("lines", [slice(None), slice(1, None)])
def test_a_separator_at_each_line_s_end_moves_no_column(table: Table, write, lines: slice) -> None:
    path = write(table, ".csv")
    whole = content(read_table(path))
    text = path.read_text().splitlines()
    text[lines] = [f"{line}," for line in text[lines]]
    path.write_text("\n".join(text))
    assert content(read_table(path)) == whole


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("class_correct", "1 2 x", "column 'class_correct' does not hold a whole numbers"),
        ("class_correct", "1 -2", "negative"),
        ("class_correct", "1 2", "row 1: class_correct and class_total differ in length"),
        ("class_correct", "81" + " 0" * 9, "row 1: more correct images than images in a class"),
        ("replicate", "-1", "row 1: replicate is missing or negative"),
        ("replicate", "1.5", "column 'replicate'"),
        ("role", "king", "role 'king' is none of population"),
        ("space", "", "row 1: a text is missing"),
        ("suite", "other@1/mini", "trainings of 2 suites"),
        ("failed", "maybe", "column 'failed'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    table: Table, write, column: str, value: str, said: str
) -> None:
    path = write(table, ".csv")
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    first = frame.index[frame["failed"] == "false"][0]
    frame = frame.loc[first:]
    frame.iloc[0, list(frame).index(column)] = value
    frame.to_csv(path, index=False)
    with pytest.raises(InputError, match=said) as refused:
        read_table(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_another_file_is_refused(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"x{suffix}"
    for text in (b"", b"\0\1\2", b"PAR1 nothing PAR1", b"a,b\n1,2\n"):
        path.write_bytes(text)
        with pytest.raises(InputError, match="export it again|no column|export wrote"):
            read_table(path)


def test_truncated_and_altered_parquet_never_ends_otherwise(table: Table, write) -> None:
    path = write(table, ".parquet")
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole[: rng.integers(1, len(whole))] if rng.random() < 0.3 else whole)
        for place in rng.integers(len(damaged), size=rng.integers(0, 4)):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        with contextlib.suppress(InputError):
            read_table(path)


def test_a_missing_library_is_one_clear_line(table: Table, monkeypatch) -> None:
    def refuse(name: str, *arguments: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return imported(name, *arguments)

    imported = files.import_module
    monkeypatch.setattr(files, "import_module", refuse)
    with pytest.raises(InputError, match=r"pip install 'imbnas\[parquet\]', or name a .csv file"):
        table_bytes(table, Path("lt.parquet"))
    assert table_bytes(table, Path("lt.csv"))


@pytest.mark.parametrize("name", ["lt", "lt.xlsx"])
def test_another_suffix_is_refused(table: Table, name: str) -> None:
    with pytest.raises(InputError, match=r"give one in .parquet or .csv"):
        table_bytes(table, Path(name))
