"""What file systems answer, and what is done then."""

import errno
import os
from pathlib import Path

import pytest

from imbnas.file_systems import (
    NO_FOLDER_SYNC,
    is_systems_own,
    past_stale,
    remove,
    sync_folder,
)
from imbnas.regular_files import open_regular, read_regular

STALE = OSError(errno.ESTALE, os.strerror(errno.ESTALE))


def failing(times: int, error: OSError, call):
    """A call that fails so many times first."""
    left = iter(range(times))

    def answer(*arguments: object, **options: object):
        if next(left, None) is not None:
            raise error
        return call(*arguments, **options)

    return answer


@pytest.mark.parametrize("times", [0, 1, 3])
def test_what_is_stale_is_looked_up_again(times: int) -> None:
    assert past_stale(failing(times, STALE, lambda: "found")) == "found"


def test_what_stays_stale_is_told_and_other_answers_at_once() -> None:
    with pytest.raises(OSError, match="[Ss]tale"):
        past_stale(failing(4, STALE, lambda: "found"))
    with pytest.raises(FileNotFoundError):
        past_stale(failing(1, FileNotFoundError(errno.ENOENT, ""), lambda: "found"))


@pytest.mark.parametrize("call", ["open", "read", "fstat"])
def test_a_file_that_was_replaced_elsewhere_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    monkeypatch.setattr(os, call, failing(1, STALE, getattr(os, call)))
    assert read_regular(path, 100) == b"content"
    monkeypatch.undo()
    monkeypatch.setattr(os, "open", failing(1, STALE, os.open))
    with open_regular(path, 100) as file:
        assert file.read() == b"content"


@pytest.mark.parametrize("call", ["open", "fsync"])
@pytest.mark.parametrize("number", sorted(NO_FOLDER_SYNC))
def test_folders_that_cannot_be_synced_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    monkeypatch.setattr(os, call, failing(9, OSError(number, "no"), getattr(os, call)))
    sync_folder(tmp_path)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "fsync", failing(9, OSError(number, "broken"), os.fsync))
    with pytest.raises(OSError, match="broken"):
        sync_folder(tmp_path)


def test_removing_says_whether_something_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    assert remove(path)
    assert not remove(path)
    with pytest.raises((IsADirectoryError, PermissionError)):
        remove(tmp_path)


@pytest.mark.parametrize(
    "name", [".DS_Store", "._records", "lost+found", ".nfs0000001", "Thumbs.db", ".Trash-1000"]
)
def test_names_of_systems(name: str) -> None:
    assert is_systems_own(name)


@pytest.mark.parametrize("name", ["records", "suite.json", "notes.txt", ".git", ".tmp", "lost"])
def test_names_of_people(name: str) -> None:
    assert not is_systems_own(name)
