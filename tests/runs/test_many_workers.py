"""Many workers in one directory: each unit is computed once, by whoever is alive."""

import json
import multiprocessing
import os
import random
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from imbnas.runs.queue import claims as claims_module
from imbnas.runs.queue.claims import STALE_SECONDS, Claims
from imbnas.runs.store.checkpoints import Checkpointing
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.worker import Worker

from .conftest import FakeExecutor, executions, queue_of

FORK = multiprocessing.get_context("fork")


def work(directory: RunDirectory, seconds: float = 0.0) -> None:
    """What a worker process does, without torch."""
    executor = FakeExecutor(directory.path / "log", seconds)
    Worker(directory, queue_of(directory), executor, Checkpointing(directory)).run()


def start(directory: RunDirectory, seconds: float = 0.0) -> Any:
    process = FORK.Process(target=work, args=(directory, seconds), daemon=True)
    process.start()
    return process


def test_sixteen_workers_do_two_hundred_units_once_each(fake_run: RunDirectory) -> None:
    workers = [start(fake_run) for _ in range(16)]
    for worker in workers:
        worker.join(timeout=120)
        assert worker.exitcode == 0
    done = executions(fake_run.path / "log")
    assert len(done) == 200
    assert {identity for identity, *_ in done} == fake_run.finished()
    assert len({pid for _, pid, _ in done}) > 1
    assert list(fake_run.claims.iterdir()) == []


def test_workers_killed_at_any_moment_lose_only_what_was_in_progress(
    fake_run: RunDirectory,
) -> None:
    rng, kills = random.Random(0), 25
    workers = [start(fake_run, 0.01) for _ in range(4)]
    for _ in range(kills):
        time.sleep(rng.uniform(0, 0.15))
        victim = workers.pop(rng.randrange(len(workers)))
        victim.kill()  # one that has nothing left to do may be gone already
        victim.join()
        workers.append(start(fake_run, 0.01))
    for worker in workers:
        worker.join(timeout=120)
        assert worker.exitcode == 0
    done = executions(fake_run.path / "log")
    assert len(fake_run.finished()) == 200
    assert 200 <= len(done) <= 200 + kills
    published = {
        path.stem: path.stat().st_mtime_ns for path in (fake_run.path / "records").rglob("*.json")
    }
    late = [identity for identity, _, began in done if began > published[identity]]
    assert late == [], "a unit was done again after its record was there"
    assert list(fake_run.claims.iterdir()) == []


def test_a_claim_elsewhere_is_respected_until_it_is_stale(fake_run: RunDirectory) -> None:
    queue = queue_of(fake_run)
    silent, beating = list(queue.units)[:2]
    claims = Claims(fake_run)
    content = json.dumps(asdict(replace(claims.owner, host="elsewhere")))
    fake_run.claims.mkdir()
    for identity, age in ((silent, STALE_SECONDS + 5), (beating, STALE_SECONDS - 30)):
        claims.path(identity).write_text(content)
        old = time.time() - age
        os.utime(claims.path(identity), (old, old))
    worker = start(fake_run)
    deadline = time.monotonic() + 60
    while len(fake_run.finished()) < 199:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)
    assert worker.is_alive()
    assert fake_run.finished() == set(queue.units) - {beating}
    old = time.time() - STALE_SECONDS - 1
    os.utime(claims.path(beating), (old, old))
    worker.join(timeout=60)
    assert worker.exitcode == 0
    assert fake_run.finished() == set(queue.units)


def test_claims_are_kept_fresh_while_a_unit_computes(
    fake_run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims_module, "HEARTBEAT_SECONDS", 0.2)
    worker = start(fake_run, 60.0)
    deadline = time.monotonic() + 60
    while not (fake_run.claims.exists() and list(fake_run.claims.glob("*.json"))):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (claim,) = fake_run.claims.glob("*.json")
    long_ago = time.time() - 1000
    os.utime(claim, (long_ago, long_ago))
    while claim.stat().st_mtime < long_ago + 500:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    worker.kill()
    worker.join()


def test_a_unit_that_failed_elsewhere_is_not_tried(fake_run: RunDirectory, tmp_path: Path) -> None:
    unit = next(iter(queue_of(fake_run).units.values()))
    fake_run.publish_failure(unit.identity, unit, "RuntimeError", "no")
    work(fake_run)
    assert len(executions(fake_run.path / "log")) == 199
    assert unit.identity not in fake_run.finished()
