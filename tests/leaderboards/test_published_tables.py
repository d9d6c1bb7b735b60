"""Published tables that somebody has changed are refused in one line, by file and column."""

import contextlib
import random
import shutil
from pathlib import Path

import pandas as pd
import pytest

import imbnas
from imbnas.errors import InputError
from imbnas.leaderboards import csv_files
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, tables_as_text

NAMES = ("rank_correlation", "architectures", "baselines")


@pytest.fixture(scope="module")
def published(fabricated: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    for name, text in tables_as_text(build_tables(fabricated)).items():
        (folder / name).write_text(text)
    return folder


def copied(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "copy"))


def refusal(folder: Path, file: str) -> str:
    with pytest.raises(InputError) as refused:
        imbnas.load_results(folder)
    message = str(refused.value)
    assert f"{file}.csv" in message
    assert "\n" not in message
    assert len(message) < len(str(folder)) + 400
    return message


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"\x00" * 50, bytes(range(256)), b"a,b\n1\n2,3,4\n", b'a\n"b\n', b"only\n1\n",
     b"\xff\xfea\x00", b"PK\x03\x04zip", b"{}"],
)  # fmt: skip
def test_what_is_no_table_is_told(
    published: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    folder = copied(published, tmp_path)
    (folder / f"{name}.csv").write_bytes(content)
    try:
        refusal(folder, name)
    except pytest.fail.Exception:
        # A header alone is a table of nothing.
        assert pd.read_csv(folder / f"{name}.csv").empty


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_or_a_file_of_another_size_is_told(
    published: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied(published, tmp_path)
    monkeypatch.setattr(csv_files, "LARGEST", 100_000)
    with (folder / f"{name}.csv").open("a") as file:
        file.write("x" * 100_000)
    assert "more than" in refusal(folder, name)
    (folder / f"{name}.csv").unlink()
    (folder / f"{name}.csv").mkdir()
    assert "folder" in refusal(folder, name)


NUMERIC = [
    ("architectures", "params"), ("architectures", "macs"), ("architectures", "mean digits@1x ce"),
    ("architectures", "n digits@1x ce"), ("architectures", "calibration_error digits@1x ce"),
    ("baselines", "params"), ("baselines", "accuracy_mean"), ("baselines", "n_replicates"),
    ("baselines", "harmonic_mean"), ("rank_correlation", "tau_b"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "column"), NUMERIC)
@pytest.mark.parametrize("cell", ["x", "-1e30", "9" * 400, "inf", "1e300", "1\x00", "=1+1"])
def test_a_cell_that_cannot_be_is_told_with_its_column(
    published: Path, tmp_path: Path, name: str, column: str, cell: str
) -> None:
    folder = copied(published, tmp_path)
    table = pd.read_csv(folder / f"{name}.csv", dtype=str)
    table.loc[1, column] = cell
    table.to_csv(folder / f"{name}.csv", index=False)
    assert repr(column) in refusal(folder, name)


@pytest.mark.parametrize(
    ("name", "column"),
    [*NUMERIC[:4], *NUMERIC[5:8], ("architectures", "population"), ("baselines", "source")],
)
def test_a_missing_column_is_told(published: Path, tmp_path: Path, name: str, column: str) -> None:
    folder = copied(published, tmp_path)
    table = pd.read_csv(folder / f"{name}.csv").drop(columns=column)
    table.to_csv(folder / f"{name}.csv", index=False)
    if column.startswith("mean "):
        # Nothing is told of that training then.
        assert imbnas.load_results(folder).accuracies is not None
    else:
        assert repr(column) in refusal(folder, name)


@pytest.mark.parametrize("tries", [40, pytest.param(2000, marks=pytest.mark.slow)])
def test_damage_anywhere_is_refused_or_read(published: Path, tmp_path: Path, tries: int) -> None:
    rng, folder = random.Random(0), copied(published, tmp_path)
    for _ in range(tries):
        name = rng.choice(NAMES)
        path = folder / f"{name}.csv"
        text = bytearray((published / path.name).read_bytes())
        for _ in range(rng.randint(1, 5)):
            place = rng.randrange(len(text))
            text[place : place + rng.randint(0, 9)] = rng.randbytes(rng.randint(0, 9))
        path.write_bytes(text)
        with contextlib.suppress(InputError):
            imbnas.load_results(folder)
        path.write_bytes((published / path.name).read_bytes())
