import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.runs.queue import claims as claims_module
from imbnas.runs.queue.claims import (
    HEARTBEAT_SECONDS,
    STALE_SECONDS,
    UNKNOWN_OWNER,
    Claims,
    Owner,
    known_owner,
    read_owner,
)
from imbnas.runs.store.layout import RunLayout

from ...irregular import KINDS, in_time
from ...irregular import put as put_thing

UNIT = "0" * 64


def make_claims(tmp_path: Path) -> Claims:
    return Claims(RunLayout(tmp_path))


def put(claims: Claims, owner: Owner) -> None:
    claims.folder.mkdir(parents=True, exist_ok=True)
    claims.path(UNIT).write_text(json.dumps(asdict(owner)))


def test_a_unit_is_claimed_once_until_it_is_released(tmp_path: Path) -> None:
    claims = make_claims(tmp_path)
    assert claims.acquire(UNIT)
    assert not claims.acquire(UNIT)
    assert claims.by_process() == {os.getpid(): [UNIT]}
    claims.release(UNIT)
    assert claims.acquire(UNIT)


def test_the_claim_of_a_killed_process_is_taken_over_at_once(tmp_path: Path) -> None:
    claims = make_claims(tmp_path)
    code = (
        "import sys, time; from pathlib import Path; from imbnas.runs.queue.claims import Claims\n"
        "from imbnas.runs.store.layout import RunLayout\n"
        "root = Path(sys.argv[1]); c = Claims(RunLayout(root))\n"
        "print(c.acquire(sys.argv[2]), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), UNIT], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "True"
    assert not claims.acquire(UNIT)
    process.kill()
    process.wait()
    assert claims.acquire(UNIT)


@pytest.mark.parametrize("change", [{"pid": 999_999_999}, {"started": 1.0}])
def test_owners_that_cannot_run_any_more_lose_their_claim(
    tmp_path: Path, change: dict[str, object]
) -> None:
    claims = make_claims(tmp_path)
    put(claims, replace(claims.owner, **change))
    assert claims.acquire(UNIT)


def test_claims_from_before_this_boot_are_lost_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = make_claims(tmp_path)
    put(claims, replace(claims.owner, boot="another boot"))
    monkeypatch.setattr(claims_module, "seconds_since_boot", lambda: 30.0)
    # Another host of the same name, which beats.
    assert not claims.acquire(UNIT)
    silent = time.time() - 30 - HEARTBEAT_SECONDS - 1
    os.utime(claims.path(UNIT), (silent, silent))
    assert claims.acquire(UNIT)


@pytest.mark.parametrize(
    "change", [{"boot": "another boot"}, {"namespace": "pid:[1]"}, {"host": "elsewhere"}]
)
def test_a_process_of_another_place_is_never_taken_for_one_of_this_place(
    tmp_path: Path, change: dict[str, str]
) -> None:
    """Two containers with one host name, whose processes have the same numbers."""
    claims = make_claims(tmp_path)
    for pid in (os.getpid(), 999_999_999):
        owner = replace(claims.owner, pid=pid, **change)
        put(claims, owner)
        assert owner.is_alive() is None
        assert claims.by_process() == {}
        assert not claims.acquire(UNIT)
        claims.release(UNIT)
        assert read_owner(claims.path(UNIT)) == owner


def test_the_claim_of_whoever_took_a_unit_over_is_not_released(tmp_path: Path) -> None:
    claims = make_claims(tmp_path)
    assert claims.acquire(UNIT)
    other = replace(claims.owner, host="elsewhere")
    put(claims, other)
    claims.release(UNIT)
    assert read_owner(claims.path(UNIT)) == other
    put(claims, replace(claims.owner, pid=999_999_999))
    claims.release(UNIT)  # as a supervisor does for a worker that died
    assert not claims.path(UNIT).exists()
    assert list(claims.temporary.iterdir()) == []


def test_another_host_keeps_its_claim_as_long_as_it_shows_signs_of_life(tmp_path: Path) -> None:
    claims = make_claims(tmp_path)
    put(claims, replace(claims.owner, host="elsewhere"))
    assert not claims.acquire(UNIT)
    long_ago = time.time() - STALE_SECONDS - 1
    os.utime(claims.path(UNIT), (long_ago, long_ago))
    os.utime(claims.path(UNIT))
    assert not claims.acquire(UNIT)
    os.utime(claims.path(UNIT), (long_ago, long_ago))
    assert claims.acquire(UNIT)


def test_a_clock_that_runs_ahead_takes_no_living_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = make_claims(tmp_path)
    put(claims, replace(claims.owner, host="elsewhere"))
    now = time.time()
    monkeypatch.setattr(claims_module.time, "time", lambda: now + 1000)
    assert not claims.acquire(UNIT)
    assert list(claims.temporary.iterdir()) == []


def test_a_silent_claim_from_the_future_is_taken_over_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims, now = make_claims(tmp_path), 0.0
    put(claims, replace(claims.owner, host="elsewhere"))
    monkeypatch.setattr(claims_module.time, "monotonic", lambda: now)
    ahead = time.time() + 5000
    for beat in (0, 20, 40):  # its owner still lives
        os.utime(claims.path(UNIT), (ahead + beat, ahead + beat))
        now = STALE_SECONDS - 1 + beat
        assert not claims.acquire(UNIT)
    now += STALE_SECONDS - 1
    assert not claims.acquire(UNIT)
    now += 2
    assert claims.acquire(UNIT)


def test_sweeping_leaves_what_living_workers_hold(tmp_path: Path) -> None:
    claims = make_claims(tmp_path)
    dead, here, elsewhere, beating = (f"{number:064x}" for number in range(4))
    claims.folder.mkdir()
    for identity, change in {
        dead: {"pid": 999_999_999},
        here: {},
        elsewhere: {"host": "elsewhere"},
        beating: {"host": "elsewhere"},
    }.items():
        owner = replace(claims.owner, **change)
        claims.path(identity).write_text(json.dumps(asdict(owner)))
    claims.sweep({dead, here, elsewhere})
    assert {path.stem for path in claims.folder.iterdir()} == {here, beating}


def test_a_claim_set_anew_while_an_old_one_is_cleared_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = make_claims(tmp_path)
    dead = replace(claims.owner, pid=999_999_999)
    put(claims, dead)
    looked = claims._is_abandoned

    def slow(path: Path, owner: Owner) -> bool:
        answer = looked(path, owner)
        put(claims, claims.owner)  # a quicker process takes the claim over meanwhile
        return answer

    monkeypatch.setattr(claims, "_is_abandoned", slow)
    assert not claims.acquire(UNIT)
    assert json.loads(claims.path(UNIT).read_text()) == asdict(claims.owner)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"host": "elsewhere"}'])
def test_a_claim_without_a_readable_owner_is_cleared_by_its_age(
    tmp_path: Path, content: str
) -> None:
    claims = make_claims(tmp_path)
    claims.folder.mkdir(parents=True)
    claims.path(UNIT).write_text(content)
    assert claims.by_process() == {}
    assert not claims.acquire(UNIT)
    long_ago = time.time() - STALE_SECONDS - 1
    os.utime(claims.path(UNIT), (long_ago, long_ago))
    assert claims.acquire(UNIT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_claim_that_no_worker_made_is_set_aside_at_once_and_told(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = make_claims(tmp_path)
    put_thing(kind, claims.path(UNIT))
    with in_time(20):
        assert claims.by_process() == {}
        assert known_owner(claims.path(UNIT)) is None
        assert claims.acquire(UNIT)
        assert claims.by_process() == {os.getpid(): [UNIT]}
        (kept,) = (tmp_path / "quarantine").iterdir()
        told = capsys.readouterr().err
        assert told.count("no claim (it ") == 1
        assert str(kept) in told
        put_thing(kind, claims.path(UNIT))
        claims.sweep(set())
        assert list(claims.folder.iterdir()) == []
        put_thing(kind, claims.path(UNIT))
        claims.release(UNIT)
        assert list(claims.folder.iterdir()) == []
    assert list(claims.temporary.iterdir()) == []


def test_a_claim_set_anew_while_another_thing_is_set_aside_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = make_claims(tmp_path)
    put_thing("FIFO", claims.path(UNIT))
    named = claims_module.temporary_path

    def slow(folder: Path) -> Path:
        claims.path(UNIT).unlink()
        put(claims, claims.owner)  # a quicker process takes the claim over meanwhile
        return named(folder)

    monkeypatch.setattr(claims_module, "temporary_path", slow)
    assert not claims.acquire(UNIT)
    assert read_owner(claims.path(UNIT)) == claims.owner


def test_a_heartbeat_does_not_touch_what_a_link_leads_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims, target = make_claims(tmp_path), tmp_path / "target"
    target.write_text("")
    os.utime(target, (1, 1))
    claims.acquire(UNIT)
    claims.path(UNIT).unlink()
    claims.path(UNIT).symlink_to(target)
    monkeypatch.setattr(claims_module, "HEARTBEAT_SECONDS", 0.0)
    claims.keep_fresh(None)
    before = claims.path(UNIT).lstat().st_mtime
    with in_time(20):
        while claims.path(UNIT).lstat().st_mtime == before:
            time.sleep(0.1)
    assert target.stat().st_mtime == 1


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(
                st.none(), st.integers(), st.floats(), st.text(), st.lists(st.integers())
            )
            for name in ("host", "boot", "namespace", "pid", "started", "more")
        },
    ),
    st.booleans(),
)
def test_whatever_a_claim_says_it_has_an_owner_or_none_that_is_known(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, object], here: bool
) -> None:
    claims = make_claims(tmp_path_factory.mktemp("claims"))
    claims.folder.mkdir()
    content = (asdict(claims.owner) if here else {}) | changes
    claims.path(UNIT).write_text(json.dumps(content))
    owner = read_owner(claims.path(UNIT))
    assert owner is not None
    assert owner == UNKNOWN_OWNER or owner.is_alive() in (True, False, None)
    claims.sweep({UNIT})
    claims.acquire(UNIT)


@pytest.mark.parametrize("content", [b"[" * 60_000, b"9" * 10_000, b'{"pid": 1' + b"0" * 5000])
def test_deep_and_long_claims_have_no_known_owner(tmp_path: Path, content: bytes) -> None:
    claims = make_claims(tmp_path)
    claims.folder.mkdir()
    claims.path(UNIT).write_bytes(content)
    assert read_owner(claims.path(UNIT)) == UNKNOWN_OWNER
