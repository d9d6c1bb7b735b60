import os
import socket
from pathlib import Path

import pytest

from imbnas.regular_files import (
    IrregularFileError,
    append_regular,
    open_regular,
    read_regular,
    read_text,
)

from .irregular import KINDS, in_time, put


def test_a_regular_file_is_read_whole(tmp_path: Path) -> None:
    for size in (0, 1, 999, 1000):
        path = tmp_path / f"{size}"
        path.write_bytes(os.urandom(size))
        assert read_regular(path, 1000) == path.read_bytes()
        with open_regular(path, 1000) as file:
            assert file.read() == path.read_bytes()


def test_a_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(1001))
    with pytest.raises(IrregularFileError, match="1,001 bytes, more than 1,000"):
        read_regular(path, 1000)


def test_files_that_claim_to_be_empty_are_read_up_to_the_limit() -> None:
    # Files of /proc have size 0 and content.
    assert read_regular("/proc/self/status", 10**6).startswith(b"Name:")
    with pytest.raises(IrregularFileError, match="more than 10 bytes"):
        read_regular("/proc/self/status", 10)


def test_nothing_but_regular_files_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.fspath(tmp_path / "socket"))
    for name in ("fifo", "folder", "socket"):
        with pytest.raises(IrregularFileError, match=f"(?i)it is a {name}"):
            read_regular(tmp_path / name, 1000)
    with pytest.raises(IrregularFileError, match="it is a device"):
        read_regular("/dev/zero", 1000)


def test_links_are_followed_only_where_asked(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"content")
    link.symlink_to(target)
    assert read_regular(link, 1000, follow=True) == b"content"
    with pytest.raises(IrregularFileError, match="it is a link"):
        read_regular(link, 1000)


def test_links_to_nothing_to_themselves_and_to_devices_are_told_apart(tmp_path: Path) -> None:
    for name, target in {"dangling": "absent", "loop": "loop", "zero": "/dev/zero"}.items():
        (tmp_path / name).symlink_to(target)
        with pytest.raises(IrregularFileError, match="it is a link"):
            read_regular(tmp_path / name, 1000)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "dangling", 1000, follow=True)
    with pytest.raises(IrregularFileError, match="lead to each other"):
        read_regular(tmp_path / "loop", 1000, follow=True)
    with pytest.raises(IrregularFileError, match="it is a device"):
        read_regular(tmp_path / "zero", 1000, follow=True)


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "absent", 1000)


def test_a_file_that_grows_while_it_is_read_is_read_up_to_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"a" * 10)
    stat = os.fstat

    def before(descriptor: int) -> os.stat_result:
        found = stat(descriptor)
        with path.open("ab") as file:
            file.write(b"b" * 10)
        return found

    monkeypatch.setattr(os, "fstat", before)
    assert read_regular(path, 100) == b"a" * 10 + b"b" * 10
    with pytest.raises(IrregularFileError, match="more than 25 bytes"):
        read_regular(path, 25)


def test_text_has_one_kind_of_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes("\ufeffgrößer\r\nb\rc\n".encode())
    assert read_text(path, 100) == path.read_text(encoding="utf-8") == "\ufeffgrößer\nb\nc\n"
    path.write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        read_text(path, 100)


def test_lines_are_appended_to_regular_files_only(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for line in ("a\udc80\n", "b\n"):
        with append_regular(path) as file:
            file.write(line)
    assert path.read_text() == "a\\udc80\nb\n"
    for kind in [kind for kind in KINDS if kind != "huge"]:
        put(kind, path)
        with in_time(10), pytest.raises(IrregularFileError, match="it is "):
            append_regular(path)


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_names_that_no_file_can_have_are_told(name: str) -> None:
    with pytest.raises(IrregularFileError, match="no file can have that name"):
        read_regular(name, 10)
