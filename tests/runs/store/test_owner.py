"""Which process owns something: in namespaces, after changes of the clock, without /proc."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from imbnas.runs.store import owner as owner_module
from imbnas.runs.store.owner import Owner, is_running, own_place, shown_host

LINUX = sys.platform == "linux"
CAN_UNSHARE = shutil.which("unshare") is not None and os.geteuid() == 0
HOLD = (
    "import json, sys, time; from dataclasses import asdict\n"
    "from imbnas.runs.store.owner import Owner, own_place\n"
    "print(json.dumps([asdict(Owner.current()), own_place().short]), flush=True)\n"
    "sys.stdin.read()"
)


def holding(*before: str) -> "subprocess.Popen[str]":
    """A process that tells who it is and lives until its standard input ends."""
    return subprocess.Popen(
        [*before, sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def told(process: "subprocess.Popen[str]") -> tuple[Owner, str]:
    assert process.stdout is not None
    fields, short = json.loads(process.stdout.readline())
    return Owner(**fields), short


def test_this_process_is_alive_and_no_other_one_is_taken_for_it() -> None:
    current = Owner.current()
    assert current.is_alive() is True
    for change in ({"host": "x"}, {"boot": "x"}, {"namespace": "x"}):
        assert replace(current, **change).is_alive() is None
    if LINUX:
        for other in (current.started + 1, current.started - 1, time.time()):
            assert replace(current, started=other).is_alive() is False


def test_a_process_lives_until_it_ends_though_nobody_waits_for_it() -> None:
    process = holding()
    owner, short = told(process)
    assert owner.is_alive() is True
    assert short == own_place().short
    process.kill()
    deadline = time.monotonic() + 30
    while owner.is_alive() is not False:  # a zombie until it is waited for
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.wait()
    assert not is_running(owner.pid)
    assert owner.is_alive() is False


@pytest.mark.parametrize("seconds", [-7200, -3, 1, 3, 7200])
def test_a_change_of_the_clock_kills_nobody(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    import psutil

    current, now = Owner.current(), time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)
    monkeypatch.setattr(psutil, "boot_time", lambda: 1e9 + seconds)
    assert current.is_alive() is True
    assert Owner.current() == current


@pytest.mark.parametrize(("moved", "alive"), [(0.0, True), (1.0, True), (3.0, None), (-9e3, None)])
def test_where_only_a_clock_tells_the_start_a_doubt_is_no_death(
    monkeypatch: pytest.MonkeyPatch, moved: float, alive: bool | None
) -> None:
    monkeypatch.setattr(owner_module, "_tells_ticks", lambda: False)
    started = Owner.current().started
    assert started > 1e9
    assert replace(Owner.current(), started=started - moved).is_alive() is alive
    assert replace(Owner.current(), pid=999_999_999).is_alive() is False


@pytest.mark.skipif(not LINUX, reason="/proc is Linux's")
def test_without_proc_nothing_is_known_of_others_and_nothing_breaks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = Owner.current()
    monkeypatch.setattr(owner_module, "_BOOT", tmp_path / "absent")
    owner_module._boot_and_namespace.cache_clear()
    try:
        monkeypatch.setattr(owner_module, "_stat", lambda pid: [])
        current = Owner.current()
        assert current.is_alive() is None
        assert known.is_alive() is None
        assert current == Owner.current()
    finally:
        owner_module._boot_and_namespace.cache_clear()


@pytest.mark.skipif(not CAN_UNSHARE, reason="only root makes namespaces")
def test_containers_with_one_host_name_are_two_places() -> None:
    inside = ("unshare", "--pid", "--fork", "--mount-proc")
    first, second = holding(*inside), holding(*inside)
    (one, here), (two, there) = told(first), told(second)
    assert one.pid == two.pid == 1
    assert one.host == two.host == own_place().host
    assert len({one.namespace, two.namespace, own_place().namespace}) == 3
    assert here != there
    assert one.is_alive() is two.is_alive() is None
    for process in (first, second):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
    # They are gone, which their heartbeat tells alone.
    assert one.is_alive() is None


@pytest.mark.parametrize("host", ["a/b", "a b\n", "", "..", "größer.de", "\udc80", "x" * 64])
def test_any_host_name_is_part_of_a_file_name(host: str, tmp_path: Path) -> None:
    (tmp_path / f"{shown_host(host)}.1.tmp").write_text("")
    assert len(list(tmp_path.iterdir())) == 1


def test_numbers_that_are_no_process() -> None:
    assert not any(map(is_running, (0, -1, 999_999_999)))
    assert is_running(os.getpid())
    assert json.loads(json.dumps(asdict(Owner.current())))["pid"] == os.getpid()
