import errno
import os
import threading
from pathlib import Path

import pytest

from imbnas.file_systems import NO_LINKS
from imbnas.runs.store import files
from imbnas.runs.store.files import (
    publish_linked,
    publish_once,
    remove_orphans,
    replace_file,
    temporary_file,
)
from imbnas.runs.store.owner import own_place


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


@pytest.mark.parametrize("number", sorted(NO_LINKS))
def test_without_hard_links_the_file_is_still_published_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(number, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    target, temporary = tmp_path / "file", tmp_path / "tmp"
    assert publish_once(target, b"first", temporary)
    assert not publish_once(target, b"second", temporary)
    assert target.read_bytes() == b"first"
    assert not publish_linked(target, tmp_path / "other", temporary, lambda _: True)
    assert list(temporary.iterdir()) == []


def test_a_link_whose_answer_was_lost_has_succeeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def twice(*arguments: object) -> None:
        link(*arguments)
        link(*arguments)

    monkeypatch.setattr(os, "link", twice)
    target, temporary = tmp_path / "file", tmp_path / "tmp"
    assert publish_once(target, b"first", temporary)
    assert not publish_once(target, b"second", temporary)
    assert target.read_bytes() == b"first"


@pytest.mark.parametrize("call", ["link", "replace", "unlink"])
def test_stale_answers_are_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    made, done = getattr(os, call), set()

    def stale(*arguments: object, **options: object) -> object:
        if arguments not in done:
            done.add(arguments)
            raise OSError(errno.ESTALE, "Stale file handle")
        return made(*arguments, **options)

    monkeypatch.setattr(os, call, stale)
    target, temporary = tmp_path / "file", tmp_path / "tmp"
    assert publish_once(target, b"first", temporary)
    replace_file(target, b"second", temporary)
    assert target.read_bytes() == b"second"
    assert list(temporary.iterdir()) == []
    assert done


def test_a_file_that_was_there_before_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "tmp" / "taken"
    taken.parent.mkdir()
    taken.write_bytes(b"another's")
    monkeypatch.setattr(files, "temporary_path", lambda _: taken)
    with pytest.raises(FileExistsError):
        publish_once(tmp_path / "file", b"mine", taken.parent)
    with pytest.raises(FileExistsError), temporary_file(taken.parent, b"mine"):
        pass
    source = tmp_path / "source"
    source.write_bytes(b"content")
    assert not publish_linked(source, tmp_path / "file", taken.parent, lambda _: True)
    assert taken.read_bytes() == b"another's"


def test_files_of_another_place_are_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two containers with one host name, whose processes have the same numbers."""
    with temporary_file(tmp_path, b"mine") as mine:
        here = own_place()
        for change in ({"boot": "x"}, {"namespace": "pid:[1]"}, {"host": "x"}):
            with monkeypatch.context() as patch:
                patch.setattr(files, "own_place", lambda c=change: here._replace(**c))
                patch.setattr(files, "is_running", lambda _: False)
                remove_orphans(tmp_path)
        assert mine.exists()


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
