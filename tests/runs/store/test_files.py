import errno
import os
import threading
from pathlib import Path

import pytest

from imbnas.runs.store.files import publish_once, remove_orphans, replace_file, temporary_file


def test_only_the_first_content_is_kept(tmp_path: Path) -> None:
    target, temporary = tmp_path / "a" / "file", tmp_path / "tmp"
    assert publish_once(target, b"first", temporary)
    assert not publish_once(target, b"second", temporary)
    assert target.read_bytes() == b"first"
    assert list(temporary.iterdir()) == []


def test_of_many_at_once_exactly_one_wins(tmp_path: Path) -> None:
    target, temporary = tmp_path / "file", tmp_path / "tmp"
    barrier, won = threading.Barrier(8), []

    def publish(number: int) -> None:
        barrier.wait()
        if publish_once(target, str(number).encode() * 1000, temporary):
            won.append(number)

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert target.read_bytes() == str(won[0]).encode() * 1000


def test_without_hard_links_the_file_is_still_published_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    target, temporary = tmp_path / "file", tmp_path / "tmp"
    assert publish_once(target, b"first", temporary)
    assert not publish_once(target, b"second", temporary)
    assert target.read_bytes() == b"first"


@pytest.mark.parametrize("fault", ["fsync", "link"])
def test_a_failing_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, fault, full)
    target, temporary = tmp_path / "file", tmp_path / "tmp"
    with pytest.raises(OSError, match="No space left"):
        publish_once(target, b"content", temporary)
    assert not target.exists()
    assert list(temporary.iterdir()) == []


def test_a_failed_replacement_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, temporary = tmp_path / "file", tmp_path / "tmp"
    replace_file(target, b"old", temporary)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(target, b"new", temporary)
    assert target.read_bytes() == b"old"


def test_orphans_of_dead_writers_are_removed_and_others_kept(tmp_path: Path) -> None:
    elsewhere = tmp_path / "another-host.999999999.0.tmp"
    elsewhere.write_bytes(b"half")
    with temporary_file(tmp_path, b"mine") as mine:
        host = mine.name.rsplit(".", 3)[0]
        dead = tmp_path / f"{host}.999999999.0.tmp"
        dead.write_bytes(b"half")
        remove_orphans(tmp_path)
        assert set(tmp_path.iterdir()) == {mine, elsewhere}
    assert set(tmp_path.iterdir()) == {elsewhere}


def test_strange_names_are_no_orphans(tmp_path: Path) -> None:
    with temporary_file(tmp_path, b"mine") as mine:
        host = mine.name.rsplit(".", 3)[0]
    strange = ["²2.0", f"{'9' * 200}.0", ".0", "-1.0", "1.g"]
    names = ["x.tmp", "a.b.c.tmp", ".tmp", "host.1.tmp", *(f"{host}.{n}.tmp" for n in strange)]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / f"{host}.999999999.1.tmp").mkdir()
    (tmp_path / f"{host}.999999999.2.tmp").symlink_to("nowhere")
    os.mkfifo(tmp_path / f"{host}.999999999.3.tmp")
    remove_orphans(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*names, f"{host}.999999999.1.tmp"}


def test_a_temporary_file_of_an_earlier_process_of_this_number_is_in_nobody_s_way(
    tmp_path: Path,
) -> None:
    for _ in range(3):
        with temporary_file(tmp_path, b"mine") as mine:
            kept = mine.read_bytes()
            mine.rename(mine.with_suffix(".kept"))
        assert kept == b"mine"
    assert len(list(tmp_path.iterdir())) == 3
