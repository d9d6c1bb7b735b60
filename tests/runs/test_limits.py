"""Units that hang, eat memory or take the interpreter down are failures; the suite goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from imbnas.runs.limits import Limits, LimitWatch, resident_bytes
from imbnas.runs.queue.claims import Claims
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.supervisor import Supervisor

from ..factories import OFFLINE
from .conftest import queue_of

PLUGIN = """
import os
import signal
import time
from pathlib import Path

import numpy as np
from imbnas.strategies.registry import STRATEGIES


class Bad:
    scores_on = "target"
    recipe = "adaptation"


@STRATEGIES.register("hangs", version="1", summary="never ends")
class Hangs(Bad):
    def adapt(self, adaptation):
        time.sleep(10_000)


@STRATEGIES.register("eats", version="1", summary="takes ever more memory")
class Eats(Bad):
    def adapt(self, adaptation):
        held = []
        while True:
            held.append(np.ones(25_000_000))
            time.sleep(0.3)


@STRATEGIES.register("segfaults", version="1", summary="takes the interpreter down")
class Segfaults(Bad):
    def adapt(self, adaptation):
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(10_000)
"""


def test_the_supervisor_enforces_limits_and_survives_crashes(
    bench, bench_here, tmp_path: Path, tiny_suite: Path
) -> None:
    plugin, suite, run = tmp_path / "mine.py", tmp_path / "s.toml", tmp_path / "run"
    plugin.write_text(PLUGIN)
    text = tiny_suite.read_text().replace('["p0", "p1"]', '["p0", "hangs", "eats", "segfaults"]')
    suite.write_text(text.replace("replicates = 2", "replicates = 1"))
    flags = ("run", "--suite", suite, "--out", run, "--plugin", plugin, "--part", "adaptation")
    done = bench(*flags, "--unit-time-limit", "30s", "--unit-memory-limit", "1500MB")
    assert done.returncode == 1, done.stderr
    status = json.loads(bench_here("status", run, "--json").stdout)
    messages = {failure["error"]: failure["message"] for failure in status["failures"]}
    assert "longer than --unit-time-limit, which is 30 seconds" in messages["TimeLimitExceeded"]
    assert "more than --unit-memory-limit, which is 1500 MB" in messages["MemoryLimitExceeded"]
    assert messages["WorkerDied"] == (
        "two workers died while doing this unit, the last with status -11"
    )
    others = [f for f in status["failures"] if "adapt to digits@10x" not in f["unit"]]
    assert others == []
    # The supernet, three units of p0, and the two networks that it found.
    assert status["failed"] == 3
    assert "because workers stopped" not in done.stderr
    assert status["done"] >= 5
    assert list((run / "claims").iterdir()) == []


def test_a_unit_has_failed_before_its_worker_is_killed(
    fake_run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that looks for work just after the kill would take the unit over, and hang, too."""
    queue = queue_of(fake_run)
    request = RunRequest(
        queue.plan.expansion.resolved.suite, "only", OFFLINE,
        directory=fake_run, workers=1, limits=Limits(seconds=0.01),
    )  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                               start_new_session=True)  # fmt: skip
    unit = next(iter(queue.units.values()))
    claims = Claims(fake_run)
    claims.owner = replace(claims.owner, pid=process.pid)
    assert claims.acquire(unit.identity)
    supervisor, seen, kill = Supervisor(request, queue), [], os.killpg

    def killpg(pid: int, number: int) -> None:
        seen.append((pid, fake_run.failed()))
        kill(pid, number)

    monkeypatch.setattr(os, "killpg", killpg)
    supervisor._processes.append(process)
    supervisor._enforce_limits()
    time.sleep(0.05)
    supervisor._enforce_limits()
    assert seen == [(process.pid, {unit.identity})]
    assert process.poll() == -signal.SIGKILL
    assert not fake_run.claim_path(unit.identity).exists()


def test_workers_that_die_without_a_unit_are_replaced_a_few_times(
    bench_here, tmp_path: Path, trainings_suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, run, log = tmp_path / "site", tmp_path / "run", tmp_path / "log"
    folder.mkdir()
    # Python imports it at its start; only workers are to die.
    (folder / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'imbnas.runs.worker' in sys.orig_argv:\n"
        f"    open({str(log)!r}, 'a').write('x')\n"
        "    os._exit(7)\n"
    )
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    done = bench_here("run", "--suite", trainings_suite, "--out", run, "--workers", "1")
    assert done.returncode == 1
    assert "workers die before they begin a unit, the last with status 7" in done.stderr
    assert "16 units are left, because workers stopped" in done.stderr
    assert log.read_text() == "xxxx"


def test_memory_that_processes_share_is_counted_once() -> None:
    code = (
        "import os, time\n"
        "held = b'x' * 80_000_000\n"
        "for _ in range(3):\n"
        "    if os.fork() == 0:\n"
        "        break\n"
        "else:\n"
        "    print(1, flush=True)\n"
        "time.sleep(100)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert 80_000_000 < resident_bytes(process.pid) < 160_000_000
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_time_counts_from_when_a_unit_is_first_seen(monkeypatch) -> None:
    now = 0.0
    monkeypatch.setattr("imbnas.runs.limits.time.monotonic", lambda: now)
    watch = LimitWatch(Limits(seconds=10))
    assert watch.breaches({1: ["a"], 2: ["b"]}) == {}
    now = 9.0
    assert watch.breaches({1: ["c"], 2: ["b"]}) == {}
    now = 11.0
    assert list(watch.breaches({1: ["c"], 2: ["b"]})) == [2]
    now = 20.0
    assert list(watch.breaches({1: ["c"]})) == [1]


def test_memory_counts_what_a_worker_started() -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'held = b\"x\" * 60_000_000; "
        "print(1, flush=True); import time; time.sleep(100)'])\n"
        "time.sleep(100)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert resident_bytes(process.pid) > 60_000_000
        limits = LimitWatch(Limits(memory=50_000_000))
        ((error, message),) = limits.breaches({process.pid: ["a"]}).values()
        assert error == "MemoryLimitExceeded"
        assert "more than --unit-memory-limit, which is 50 MB" in message
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    time.sleep(0.1)
    assert resident_bytes(process.pid) == 0
