import os
from pathlib import Path

import pytest

from imbnas.regular_files import IrregularFileError
from imbnas.runs.store import bulk_reading
from imbnas.runs.store.bulk_reading import read_files


def test_files_come_in_the_order_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_reading, "BATCH", 7)
    for number in reversed(range(20)):
        (tmp_path / f"{number:02d}").write_text(str(number))
    entries = sorted(os.scandir(tmp_path), key=lambda entry: entry.name)
    found = list(read_files(entries, 2**20))
    assert found == [(str(tmp_path / f"{n:02d}"), str(n).encode()) for n in range(20)]
    assert list(read_files([], 1)) == []


def test_large_and_empty_files_are_read_whole(tmp_path: Path) -> None:
    contents = {"empty": b"", "large": os.urandom(300_001)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    found = read_files(list(os.scandir(tmp_path)), 2**20)
    assert {Path(path).name: content for path, content in found} == contents


def test_what_cannot_be_read_leaves_its_error_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").mkdir()
    (tmp_path / "c").write_text("c")
    (tmp_path / "d").write_text("d")
    entries = sorted(os.scandir(tmp_path), key=lambda entry: entry.name)
    (tmp_path / "c").unlink()
    found = [content for _, content in read_files(entries, 2**20)]
    assert found[0] == b"a"
    assert isinstance(found[1], IrregularFileError)
    assert isinstance(found[2], FileNotFoundError)
    assert found[2].filename == str(tmp_path / "c")
    assert found[3] == b"d"
