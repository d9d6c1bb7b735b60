"""Boards that anybody may have written: texts stay texts, what is damaged is named in one line."""

import csv
import io
import random
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from imbnas.errors import InputError
from imbnas.leaderboards.site.boards import read_boards
from imbnas.leaderboards.site.site import overview, write_site

from ..conftest import HOSTILE
from .conftest import SUITES


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, content: str) -> None:
        self.text += content


@pytest.fixture(scope="module")
def page(hostile_boards: Path) -> str:
    return overview(read_boards(hostile_boards)[0])


def test_names_and_texts_stay_text(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert sum(tag == "script" for tag, _ in reader.tags) == 1
    assert not {"img", "b"} & {tag for tag, a in reader.tags if tag == "img" or (tag == "b" and a)}
    assert not any(name.startswith("on") for _, a in reader.tags for name in a)
    for _, attributes in reader.tags:
        address = attributes.get("href") or "./"
        assert address.startswith(("./", "data:,"))
    assert "=1+1 \\u202egnp.\\u2066@2/<b>f<b>" in reader.text
    assert "</script><script>alert(3)</script>\\u202e" in reader.text
    for name in HOSTILE:
        assert name in reader.text
    assert not {"\u202e", "\u2066"} & set(page)


def test_a_site_of_them_has_all_their_files_and_no_other(
    hostile_boards: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    written = write_site(hostile_boards, out)
    assert len(written.boards) == len(SUITES)
    assert {path.name for path in out.iterdir() if path.is_dir()} == set(SUITES)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_folder_without_boards_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="no board in it; a board is a folder SUITE@VERSION"):
            write_site(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_links_are_left_out_and_told(hostile_boards: Path, tmp_path: Path) -> None:
    folder = tmp_path / "boards"
    shutil.copytree(hostile_boards / SUITES[3], folder / SUITES[3])
    (folder / "linked@1").symlink_to(hostile_boards / SUITES[0])
    (folder / SUITES[3] / "linked").symlink_to(hostile_boards / SUITES[0])
    boards, links = read_boards(folder)
    assert [board.folder.parent.name for board in boards] == [SUITES[3]]
    assert [link.name for link in links] == ["linked", "linked@1"]


def test_a_file_that_is_a_link_is_refused(hostile_boards: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for name in ("index.html", "provenance.json", "baselines.csv"):
        folder = tmp_path / name
        board = shutil.copytree(hostile_boards / SUITES[3], folder / SUITES[3]) / "<b>f<b>"
        content = board / name
        content.unlink(missing_ok=True)
        content.symlink_to(secret if name != "baselines.csv" else board / "cost.csv")
        with pytest.raises(InputError, match=name):
            write_site(folder, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_an_archive_without_tables_is_refused(tmp_path: Path) -> None:
    board = tmp_path / "s@1" / "f"
    board.mkdir(parents=True)
    (board / "records.tar.xz").write_bytes(b"")
    with pytest.raises(InputError, match="a board without tables; write them with imbnas-bench"):
        read_boards(tmp_path)


@pytest.mark.parametrize(
    ("table", "column", "value", "told"),
    [("adaptation", "accuracy_rank", "99", "outside of its range"),
     ("adaptation", "accuracy_rank_low", "0", "no possible number"),
     ("adaptation", "accuracy_rank_high", "1e300", "no possible number"),
     ("adaptation", "accuracy_rank_low", "1.5", "no possible number"),
     ("adaptation", "accuracy_mean", "101", "no possible number"),
     ("adaptation", "accuracy_sd", "-1", "no possible number"),
     ("adaptation", "accuracy_sd", "inf", "not a finite number"),
     ("adaptation", "search_macs", "-5", "no possible number"),
     ("adaptation", "n_replicates", "many", "not a finite number"),
     ("cost", "adapt_seconds", "nan()", "not a finite number"),
     ("rank_correlation", "noise_ceiling", "<b>", "not a finite number")],
)  # fmt: skip
def test_impossible_numbers_are_named(
    hostile_boards: Path, tmp_path: Path, table: str, column: str, value: str, told: str
) -> None:
    import pandas as pd

    board = shutil.copytree(hostile_boards / SUITES[3], tmp_path / SUITES[3]) / "<b>f<b>"
    frame = pd.read_csv(board / f"{table}.csv", dtype=str, keep_default_na=False)
    line = int(frame[column].ne("").to_numpy().argmax())
    frame.loc[line, column] = value
    frame.to_csv(board / f"{table}.csv", index=False)
    with pytest.raises(InputError, match=told) as refused:
        write_site(tmp_path, tmp_path / "out")
    assert f"{table}.csv: row {line + 1}" in str(refused.value)
    assert repr(column) in str(refused.value)


ODD = (
    "",
    "x",
    "nan",
    "1e999",
    "-1",
    "0",
    "1.5",
    "9" * 400,
    "True",
    "<b>",
    "\u202e",
    "a,b",
    "2026-01-01",
)


def damaged(content: bytes, rng: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(rng.choice([1, 3, 30])):
        at = rng.randrange(len(found) or 1)
        match rng.randrange(4):
            case 0:
                found[at : at + 1] = bytes([rng.choice(b'",\n0-e9<\x00\xff')])
            case 1:
                del found[at : at + rng.randrange(200)]
            case 2:
                found[at:at] = rng.choice([b",", b"\n", b"nan", b"1e999", b"-", b"x" * 50])
            case 3 if at > len(found) * 0.8:
                del found[at:]
    return bytes(found)


def with_odd_cells(content: bytes, rng: random.Random) -> bytes:
    rows = [*csv.reader(io.StringIO(content.decode()))]
    for _ in range(rng.choice([1, 3, 30])):
        row = rng.choice(rows if rng.random() < 0.2 else rows[1:])
        row[rng.randrange(len(row))] = rng.choice(ODD)
    if rng.random() < 0.2:
        column, odd = rng.randrange(len(rows[0])), rng.choice(ODD)
        for row in rows[1:]:
            row[column] = odd
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


@pytest.mark.parametrize("seed", range(60))
def test_damaged_tables_are_shown_or_named(hostile_boards: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    board = shutil.copytree(hostile_boards / SUITES[3], tmp_path / SUITES[3]) / "<b>f<b>"
    name = rng.choice(["rank_correlation.csv", "adaptation.csv", "cost.csv", "provenance.json"])
    damage = damaged if seed % 2 or name == "provenance.json" else with_odd_cells
    (board / name).write_bytes(damage((board / name).read_bytes(), rng))
    told = ""
    try:
        write_site(tmp_path, tmp_path / "out")
    except InputError as refused:
        told = str(refused)
    assert (tmp_path / "out").exists() != bool(told)
    assert name in told or not told
    assert "\n" not in told
