"""What ``logs`` and ``status`` tell of runs that are done, at work, or have failed."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from imbnas.cli.rates import RateClock
from imbnas.cli.watch import RunState, picture, plain_line
from imbnas.runs.queue.queue import Queue, RunProgress
from imbnas.runs.queue.running_units import Running
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion

PLUGIN = """
import sys
import warnings
from imbnas.strategies.registry import STRATEGIES


@STRATEGIES.register("talks", version="1", summary="prints, warns and fails on purpose")
class Talks:
    scores_on = "target"
    recipe = "adaptation"

    def adapt(self, adaptation):
        print("words on standard output")
        print("words on standard error", file=sys.stderr)
        raise RuntimeError("no idea how")
"""


@pytest.fixture(scope="module")
def failed_run(bench: Any, tmp_path_factory: pytest.TempPathFactory, tiny_suite: Path) -> Path:
    """A run with one failed unit that printed something before."""
    folder = tmp_path_factory.mktemp("failed")
    plugin, suite = folder / "mine.py", folder / "s.toml"
    plugin.write_text(PLUGIN)
    text = tiny_suite.read_text().replace('["p0", "p1"]', '["p0", "talks"]')
    suite.write_text(text.replace("replicates = 2", "replicates = 1"))
    done = bench(
        "run", "--suite", suite, "--out", folder / "run", "--plugin", plugin,
        "--part", "adaptation", "--executor", "here",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return folder / "run"


def test_logs_of_a_failed_unit(bench_here: Any, failed_run: Path) -> None:
    shown = bench_here("logs", failed_run, "by talks")
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[0] == "adapt to digits@10x:subset-0 by talks (replicate 0)"
    assert "state     failed" in lines
    assert "failure   RuntimeError: no idea how" in lines
    assert "Traceback (most recent call last):" in shown.stdout
    assert 'raise RuntimeError("no idea how")' in shown.stdout
    assert "words on standard output" in lines
    assert "words on standard error" in lines
    assert any(line.startswith("worker ") for line in lines)
    # What other units of the same worker wrote is not there.
    assert shown.stdout.count(" begin ") == shown.stdout.count(" end ") == 1
    told = json.loads(bench_here("logs", failed_run, "by talks", "--json").stdout)["units"]
    (unit,) = told
    assert unit["state"] == "failed"
    assert unit["failure"]["traceback"].strip().endswith("RuntimeError: no idea how")
    (same,) = json.loads(bench_here("logs", failed_run, unit["identity"][:10], "--json").stdout)[
        "units"
    ]
    assert same == unit


def test_logs_of_done_and_waiting_units(bench_here: Any, failed_run: Path) -> None:
    (done,) = json.loads(bench_here("logs", failed_run, "by p0", "--json").stdout)["units"]
    assert done["state"] == "done"
    assert done["seconds"] >= 0
    assert "done in" in done["log"][-1]
    waiting = json.loads(bench_here("logs", failed_run, "evolution search*", "--json").stdout)[
        "units"
    ]
    assert sorted(unit["state"] for unit in waiting) == ["done", "waiting"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("by tlaks", "none in "),
        ("0" * 64, "none in "),
    ],
)
def test_units_that_cannot_be_meant_are_one_line(
    bench_here: Any, finished_run: Path, wanted: str, message: str
) -> None:
    done = bench_here("logs", finished_run, wanted)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("pattern", ["train", "adapt to *", ""])
def test_several_units_are_listed_newest_first(
    bench_here: Any, tmp_path: Path, finished_run: Path, pattern: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    told = json.loads(bench_here("logs", run, pattern, "--json").stdout)["units"]
    assert len(told) > 1
    (record,) = (run / "records").rglob(f"{told[-1]['identity']}.json")
    os.utime(record, (2e9, 2e9))
    shown = bench_here("logs", run, pattern)
    assert shown.returncode == 0
    lines = shown.stdout.splitlines()
    assert len(lines) == len(told)
    assert lines[0].startswith("2033-")
    assert f"  {told[-1]['identity'][:12]}  done in " in lines[0]
    assert lines[0].endswith(told[-1]["label"])
    assert lines == [lines[0], *sorted(lines[1:], key=lambda line: line[:19], reverse=True)]
    assert "is shown with its log" in shown.stderr


def test_status_counts_what_the_last_run_was_to_do(
    bench_here: Any, tmp_path: Path, tiny_suite: Path
) -> None:
    run = tmp_path / "run"
    start = ("run", "--suite", tiny_suite, "--out", run, "--executor", "script")
    planned = {}
    for options in (("--part", "baselines"), ("--part", "transfer", "--only", "*ce*"), ()):
        assert bench_here(*start, *options).returncode == 0
        told = json.loads(bench_here("status", run, "--json").stdout)
        planned[options] = told["total"]
    assert told["counted"] == "everything"
    assert planned["--part", "baselines"] == 2
    assert planned["--part", "baselines"] < planned[()]
    bench_here(*start, "--part", "baselines")
    shown = bench_here("status", run)
    assert "--part baselines; --all counts everything" in shown.stderr
    for options, total in (((), 2), (("--all",), planned[()]), (("--part", "baselines"), 2)):
        assert json.loads(bench_here("status", run, *options, "--json").stdout)["total"] == total
    unknown = bench_here("status", run, "--part", "baselnes")
    assert unknown.returncode == 2
    assert "did you mean 'baselines'" in unknown.stderr
    (run / "asked.json").write_text("{")
    assert json.loads(bench_here("status", run, "--json").stdout)["total"] == planned[()]


def test_a_total_that_shrinks_says_why(
    tmp_path: Path, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Expansion(RunDirectory(finished_run).read_suite()).plan()
    begun = Queue(plan, RunDirectory(tmp_path)).progress()
    assert begun.merged == 0
    found = plan.expansion.resolved.population[0].architecture
    monkeypatch.setattr(
        "imbnas.runs.queue.queue.best_architectures",
        lambda searches, _directories: dict.fromkeys(searches, found),
    )
    ended = Queue(plan, RunDirectory(finished_run)).progress()
    assert begun.total - ended.total == ended.merged > 0
    said = RateClock().describe(ended)
    assert (
        said
        == f"{ended.merged} fewer in all, since searches found networks that are trained already"
    )


def test_watching_ends_when_nothing_is_left(
    bench_here: Any, start: Any, tmp_path: Path, trainings_suite: Path
) -> None:
    run = tmp_path / "run"
    # The script executor binds the directory and starts nothing.
    bench_here("run", "--suite", trainings_suite, "--out", run, "--executor", "script")
    process = start("worker", run)
    deadline = time.monotonic() + 120
    while not (run / "claims").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    shown = bench_here("status", run, "--watch", "--interval", "0.1")
    assert process.wait(timeout=120) == 0
    assert shown.returncode == 0, shown.stderr
    lines = [line for line in shown.stdout.splitlines() if line.startswith("tiny@1/only: ")]
    assert len(lines) > 2
    assert any(", 1 running, " in line for line in lines)
    assert " 0 left" in lines[-1]
    assert "units/s" in shown.stdout


def test_status_names_units_at_work(bench_here: Any, tmp_path: Path, finished_run: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    record = next((run / "records" / "supernet").rglob("*.json"))
    record.unlink()
    claim = {"host": "elsewhere", "boot": "", "namespace": "", "pid": 77, "started": 0}
    (run / "claims" / record.name).write_text(json.dumps(claim))
    (run / "claims" / f"{'0' * 64}.json").write_text("")  # left by a power cut
    status = json.loads(bench_here("status", run, "--json").stdout)
    (running,) = status["running"]
    assert (running["host"], running["pid"]) == ("elsewhere", 77)
    assert running["label"].startswith("supernet of nats-tss on digits@1x")
    assert status["left"] == 1
    log = run / "logs" / "elsewhere.77.log"
    log.write_text(f"2026-01-01T00:00:00+00:00 at {record.stem} 0.2500 epoch 1 of 4, loss 2.3\n")
    shown = bench_here("status", run).stdout
    assert "running: elsewhere 77: supernet of nats-tss" in shown
    assert ": epoch 1 of 4, loss 2.3" in shown
    told = json.loads(bench_here("logs", run, record.stem, "--json").stdout)["units"]
    assert told[0]["state"] == "running"
    both = bench_here("status", run, "--json", "--watch")
    assert both.returncode == 2


def test_the_live_picture_has_a_bar_and_a_line_for_each_worker() -> None:
    from rich.console import Console

    running = tuple(
        Running("ab", f"train {i}", "here", i // 2, 0.0, f"epoch {i} of 40", i / 40)
        for i in range(40)
    )
    state = RunState("tiny@1/only", RunProgress(60, 5, 1, 2, running=running))
    console = Console(width=140)
    with console.capture() as capture:
        console.print(picture(state, RateClock()))
    shown = capture.get()
    assert plain_line(state, RateClock()) in shown
    assert "5/60 done, 40 running, 52 left" in shown
    # Units that a worker trains side by side share a line.
    assert "train 30 and 1 more side by side" in shown
    assert "epoch 30 of 40" in shown
    assert "train 32" not in shown
    assert "and 4 more" in shown
