"""A site replaces what a site has written, and nothing else."""

import json
import random
from pathlib import Path

import pytest

from imbnas.errors import InputError
from imbnas.leaderboards.site import files as site_files
from imbnas.leaderboards.site.files import MARKER, write_files

FIRST = {"index.html": b"one", "a@1/f/index.html": b"page", "a@1/f/t.csv": b"x"}
SECOND = {"index.html": b"two", "b@1/f/index.html": b"other"}


def content(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def written(folder: Path) -> dict[str, bytes]:
    return {name: held for name, held in content(folder).items() if name != MARKER}


def refusal(out: Path, files: dict[str, bytes] | None = None) -> str:
    before = content(out) if out.is_dir() else None
    with pytest.raises(InputError) as refused:
        write_files(out, SECOND if files is None else files)
    assert (content(out) if out.is_dir() else None) == before
    assert "\n" not in str(refused.value)
    assert "--out" in str(refused.value)
    return str(refused.value)


def test_what_is_no_longer_of_the_site_goes_with_its_empty_folders(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "site"
    write_files(out, FIRST)
    assert written(out) == FIRST
    write_files(out, SECOND)
    assert written(out) == SECOND
    assert not (out / "a@1").exists()


def test_files_of_others_stay(tmp_path: Path) -> None:
    write_files(tmp_path, FIRST)
    (tmp_path / "CNAME").write_text("example.org")
    (tmp_path / "a@1" / "f" / "mine.txt").write_text("mine")
    write_files(tmp_path, SECOND)
    kept = {"CNAME": b"example.org", "a@1/f/mine.txt": b"mine"}
    assert written(tmp_path) == SECOND | kept


def test_an_empty_folder_is_taken_and_the_same_site_changes_nothing(tmp_path: Path) -> None:
    write_files(tmp_path, FIRST)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write_files(tmp_path, FIRST)
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_what_is_no_site_is_refused(tmp_path: Path) -> None:
    file, folder, link = tmp_path / "file", tmp_path / "folder", tmp_path / "link"
    file.write_text("mine")
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    assert "no folder" in refusal(file)
    assert "no site of imbnas" in refusal(folder)
    assert "no folder" in refusal(link)
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    "marker",
    ["", "[]", "{}", '{"kind": "imbnas site"}', '{"kind": "imbnas site", "files": []}', "[" * 99999,
     '{"kind": "imbnas site", "files": {"index.html": "x"}}',
     '{"kind": "imbnas site", "files": {"../out.txt": []}}',
     '{"kind": "imbnas site", "files": {"/etc/passwd": []}}',
     '{"kind": "imbnas site", "files": {"a//b": []}}',
     '{"kind": "imbnas site", "files": {"a\\u0000": []}}'],
)  # fmt: skip
def test_a_marker_that_no_site_has_written_is_refused(tmp_path: Path, marker: str) -> None:
    (tmp_path / MARKER).write_text(marker)
    assert MARKER in refusal(tmp_path)


def test_a_changed_file_and_one_in_the_way_are_refused(tmp_path: Path) -> None:
    write_files(tmp_path, FIRST)
    (tmp_path / "a@1/f/t.csv").write_text("edited")
    assert "t.csv" in refusal(tmp_path)
    (tmp_path / "a@1/f/t.csv").write_bytes(b"x")
    (tmp_path / "b@1").write_text("a file where a folder would be")
    assert "b@1" in refusal(tmp_path)
    (tmp_path / "b@1").unlink()
    (tmp_path / "b@1" / "f" / "index.html").mkdir(parents=True)
    assert "it is a folder" in refusal(tmp_path)


def test_links_are_neither_followed_nor_replaced(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    write_files(out, FIRST)
    elsewhere.mkdir()
    (elsewhere / "index.html").write_bytes(b"one")
    (out / "index.html").unlink()
    (out / "index.html").symlink_to(elsewhere / "index.html")
    assert "a link" in refusal(out)
    (out / "index.html").unlink()
    (out / "b@1").symlink_to(elsewhere)
    assert "b@1" in refusal(out)
    assert content(elsewhere) == {"index.html": b"one"}


def test_a_list_that_somebody_extended_removes_no_other_content(tmp_path: Path) -> None:
    write_files(tmp_path, FIRST)
    (tmp_path / "mine.txt").write_text("mine")
    marker = json.loads((tmp_path / MARKER).read_text())
    marker["files"]["mine.txt"] = ["0" * 64]
    (tmp_path / MARKER).write_text(json.dumps(marker))
    assert "mine.txt" in refusal(tmp_path)


@pytest.mark.parametrize("seed", range(8))
def test_an_interrupted_writing_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    write_files(tmp_path, FIRST)
    left = random.Random(seed).randrange(1, 5)
    steps = iter(range(left))

    def failing(function):
        def step(*arguments):
            if next(steps, None) is None:
                raise KeyboardInterrupt
            return function(*arguments)

        return step

    with monkeypatch.context() as patch:
        for name in ("replace_file", "_remove"):
            patch.setattr(site_files, name, failing(getattr(site_files, name)))
        with pytest.raises(KeyboardInterrupt):
            write_files(tmp_path, SECOND)
    write_files(tmp_path, SECOND)
    assert written(tmp_path) == SECOND
    clean = tmp_path / "clean"
    write_files(clean, SECOND)
    assert (clean / MARKER).read_bytes() == (tmp_path / MARKER).read_bytes()
