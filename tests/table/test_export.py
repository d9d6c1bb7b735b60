"""``imbnas-bench export`` and its datasheet."""

import json
import re
from pathlib import Path

import pytest

from imbnas.table.columns import COLUMNS
from imbnas.table.loading import load_benchmark
from imbnas.table.rows import Table

DOCS = Path(__file__).resolve().parents[2] / "docs" / "table.md"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, run_directory: Path, bench_here):
    out = tmp_path_factory.mktemp("out") / "lt.csv"
    return out, bench_here("export", run_directory, "--out", out, "--json")


def test_it_writes_the_table_and_says_what_is_in_it(exported, table: Table) -> None:
    out, done = exported
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "suite": "tiny@1/only", "files": [str(out), str(out.with_suffix(".md"))],
        "rows": len(table.frame), "failed": 2, "missing": 1,
    }  # fmt: skip
    assert "1 trainings of the suite are missing" in done.stderr
    assert sorted(path.name for path in out.parent.iterdir()) == ["lt.csv", "lt.md"]
    assert load_benchmark(out).title == "tiny@1/only"


def test_the_datasheet_counts_what_the_table_holds(exported, table: Table) -> None:
    text = exported[0].with_suffix(".md").read_text()
    assert f"The suite asks for {table.n_planned} trainings" in text
    assert f"{len(table.frame) - 2} rows are finished, 2 failed,\n1 trainings are neither" in text
    assert "Failed with `NonFiniteLossError`: 2." in text
    rows = re.findall(r"^\| (population|baseline|found) \| (\S+) \| (\S+) \| (\d+) .*$", text, re.M)
    parts = table.frame.groupby(["role", "condition", "scheme"])["architecture"].nunique()
    assert {tuple(row[:3]): int(row[3]) for row in rows} == parts.to_dict()
    for word in ("Motivation", "Composition", "Collection", "Uses", "Limits", "licence"):
        assert word in text


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_datasheet_and_documentation_describe_every_column(column, exported) -> None:
    sheet = exported[0].with_suffix(".md").read_text()
    row = f"| `{column.name}` | {column.kind} | {'yes' if column.nullable else 'no'} | "
    assert row in sheet
    assert row + column.text in DOCS.read_text()


def test_again_gives_the_same_bytes(exported, run_directory: Path, bench_here, tmp_path) -> None:
    out = tmp_path / "lt.csv"
    assert bench_here("export", run_directory, "--out", out).returncode == 0
    for suffix in (".csv", ".md"):
        first = exported[0].with_suffix(suffix).read_bytes()
        assert out.with_suffix(suffix).read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("RUN", "--out", "lt.xlsx"), "give one in .parquet or .csv"),
        (("RUN", "--out", "none/lt.csv"), "there is no folder none; make it first"),
        (("nowhere", "--out", "lt.csv"), "nowhere: no such file or folder"),
        ((".", "--out", "lt.csv"), "not a run directory"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    arguments: tuple[str, ...], said: str, run_directory: Path, bench_here, tmp_path: Path
) -> None:
    words = [run_directory if word == "RUN" else word for word in arguments]
    done = bench_here("export", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
