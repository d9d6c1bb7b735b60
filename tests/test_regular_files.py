import os
import socket
from pathlib import Path

import pytest

from imbnas.regular_files import IrregularFileError, open_regular, read_regular


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
