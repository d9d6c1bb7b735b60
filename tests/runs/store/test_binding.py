"""Run directories that several starts bind, extend or change at the same moment."""

import contextlib
import errno
import fcntl
import multiprocessing
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from imbnas.errors import InputError, RefusedDirectoryError
from imbnas.runs.store import file_lock
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.file_lock import locked
from imbnas.suites.claims import DifferenceClaim
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.frozen import canonical_json

from ...factories import resolve, varied
from ...irregular import KINDS, in_time, put

ROUNDS = 40


@pytest.fixture(scope="module")
def suite(tiny_suite: Path) -> ResolvedSuite:
    return resolve(tiny_suite)


def others(suite: ResolvedSuite, count: int) -> list[ResolvedSuite]:
    """Suites that are another one each."""
    return [varied(suite, space_version=f"{number}") for number in range(count)]


def with_claim(suite: ResolvedSuite, name: str) -> ResolvedSuite:
    claim = DifferenceClaim(
        kind="better", source="me", statement="it is", part="adaptation", strategies=("p1",),
        against="p0",
    )  # fmt: skip
    return varied(suite, suite={"claims": {name: claim}})


def accepted(directory: RunDirectory, suites: Sequence[ResolvedSuite]) -> list[ResolvedSuite]:
    """Those of the suites that were accepted when all were bound at once."""
    found = []
    barrier = threading.Barrier(len(suites))

    def bind(suite: ResolvedSuite) -> None:
        barrier.wait()
        try:
            directory.store_suite(suite)
        except RefusedDirectoryError:
            return
        found.append(suite)

    threads = [threading.Thread(target=bind, args=(each,)) for each in suites]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def text(suite: ResolvedSuite) -> str:
    return canonical_json(suite)


def test_of_different_suites_bound_at_once_exactly_one_is_accepted(
    tmp_path: Path, suite: ResolvedSuite
) -> None:
    for number in range(ROUNDS):
        directory = RunDirectory(tmp_path / f"{number}")
        (won,) = accepted(directory, others(suite, 4))
        assert text(directory.read_suite()) == text(won)
        assert list(directory.temporary.iterdir()) == []


def test_the_same_suite_bound_at_once_is_accepted_by_all(
    tmp_path: Path, suite: ResolvedSuite
) -> None:
    for number in range(ROUNDS):
        directory = RunDirectory(tmp_path / f"{number}")
        assert len(accepted(directory, [suite] * 4)) == 4


def test_no_extension_is_lost(tmp_path: Path, suite: ResolvedSuite, tiny_suite: Path) -> None:
    extended = [resolve(tiny_suite, replicates=n) for n in (3, 4, 5, 6)]
    for number in range(ROUNDS):
        directory = RunDirectory(tmp_path / f"{number}")
        if number % 2:
            directory.store_suite(suite)
        won = accepted(directory, extended)
        assert extended[-1] in won
        assert directory.read_suite().replicates == 6


@pytest.mark.parametrize("same", [True, False])
def test_no_change_of_claims_is_undone_by_one_that_did_not_see_it(
    tmp_path: Path,
    suite: ResolvedSuite,
    tiny_suite: Path,
    monkeypatch: pytest.MonkeyPatch,
    same: bool,
) -> None:
    theirs = with_claim(suite, "theirs")
    wanted = with_claim(suite, "mine") if same else resolve(tiny_suite, replicates=3)
    directory = RunDirectory(tmp_path)
    directory.store_suite(suite)
    looked = directory._is_bound

    def slow(held: ResolvedSuite | None, wanted: ResolvedSuite) -> bool:
        answer = looked(held, wanted)
        monkeypatch.undo()
        RunDirectory(tmp_path).store_suite(theirs)  # a quicker start
        return answer

    monkeypatch.setattr(directory, "_is_bound", slow)
    with pytest.raises(RefusedDirectoryError, match="changed its claims at this moment"):
        directory.store_suite(wanted)
    assert text(directory.read_suite()) == text(theirs)
    # Given again, it knows what it changes.
    directory.store_suite(wanted)
    assert text(directory.read_suite()) == text(wanted)


def bind_in_process(folder: Path, suite: ResolvedSuite, barrier: Any, versions: Any) -> None:
    barrier.wait()
    try:
        RunDirectory(folder).store_suite(suite)
    except RefusedDirectoryError:
        versions.put(None)
    else:
        versions.put(suite.space_version)


def test_processes_bind_one_suite(tmp_path: Path, suite: ResolvedSuite) -> None:
    context = multiprocessing.get_context("fork")
    for number in range(10):
        barrier, versions = context.Barrier(4), context.SimpleQueue()
        folder = tmp_path / f"{number}"
        processes = [
            context.Process(target=bind_in_process, args=(folder, each, barrier, versions))
            for each in others(suite, 4)
        ]
        for process in processes:
            process.start()
        outcomes = [versions.get() for _ in processes]
        for process in processes:
            process.join()
        (version,) = [outcome for outcome in outcomes if outcome is not None]
        assert RunDirectory(folder).read_suite().space_version == version


@pytest.mark.parametrize("fault", ["links", "locks"])
def test_what_a_file_system_lacks_the_other_makes_up_for(
    tmp_path: Path, suite: ResolvedSuite, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    if fault == "links":
        monkeypatch.setattr(os, "link", refuse)
    else:
        monkeypatch.setattr(fcntl, "flock", refuse)
    for number in range(ROUNDS):
        directory = RunDirectory(tmp_path / f"{number}")
        (won,) = accepted(directory, others(suite, 4))
        assert text(directory.read_suite()) == text(won)


def test_a_lock_is_held_by_one_at_a_time_and_ends_with_its_process(tmp_path: Path) -> None:
    path, inside, most = tmp_path / "a" / "lock", 0, []

    def hold() -> None:
        nonlocal inside
        for _ in range(20):
            with locked(path):
                inside += 1
                most.append(inside)
                inside -= 1

    threads = [threading.Thread(target=hold) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (set(most), len(most)) == ({1}, 160)
    assert not path.exists()
    process = multiprocessing.get_context("fork").Process(target=leave_locked, args=(path,))
    process.start()
    process.join()
    assert path.exists()
    with locked(path):
        pass


def leave_locked(path: Path) -> None:
    with locked(path):
        os._exit(1)


def test_a_lock_that_others_keep_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lock, "WAIT_SECONDS", 0.1)
    path = tmp_path / "lock"
    with (
        locked(path),
        pytest.raises(InputError, match=r"another process holds this lock.*later"),
        locked(path),
    ):
        pass


@pytest.mark.parametrize("kind", KINDS)
def test_another_thing_in_the_place_of_the_lock_does_not_hang(
    tmp_path: Path, suite: ResolvedSuite, kind: str
) -> None:
    directory = RunDirectory(tmp_path)
    put(kind, directory.temporary / "suite.lock")
    with in_time(20), contextlib.suppress(OSError):
        directory.store_suite(suite)
        assert text(directory.read_suite()) == text(suite)
