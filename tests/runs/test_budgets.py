"""What stops a run early, and that it goes on afterwards."""

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from click import BadParameter

from imbnas.cli.quantities import Duration, Size
from imbnas.errors import InputError
from imbnas.runs.queue.queue import Queue
from imbnas.runs.queue.unit_filter import UnitFilter
from imbnas.runs.store.checkpoints import Checkpointing
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.unit_tokens import UnitTokens
from imbnas.runs.worker import Worker
from imbnas.suites.expand import Expansion
from imbnas.units.unit import AdaptUnit, SupernetUnit

from .conftest import FakeExecutor, executions, queue_of


@pytest.fixture
def long_suite(tmp_path: Path, tiny_suite: Path) -> Path:
    """The tiny suite with supernets whose training takes minutes."""
    head, supernet, tail = tiny_suite.read_text().partition("[fidelities.only.supernet]\n")
    path = tmp_path / "long.toml"
    path.write_text(head + supernet + tail.replace("epochs = 2", "epochs = 50000", 1))
    return path


def wait_for(condition, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def epoch_of(path: Path) -> int:
    """Epochs done in a checkpoint."""
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    progress = json.loads(header["__metadata__"]["facts"])["snapshot"]["progress"]
    return int(progress["epoch"])


def test_max_units_is_exact_for_any_number_of_workers(
    bench, tmp_path: Path, trainings_suite: Path
) -> None:
    run = tmp_path / "run"
    flags = ("run", "--suite", trainings_suite, "--out", run)
    done = bench(*flags, "--workers", "2", "--max-units", "5")
    assert done.returncode == 3, done.stderr
    assert "stopped by --max-units: 5 of 16 units are done, 11 are left" in done.stderr
    assert len(list((run / "records").rglob("*.json"))) == 5
    rest = bench(*flags, "--workers", "1", "--max-units", "11")
    assert rest.returncode == 0, rest.stderr
    assert len(list((run / "records").rglob("*.json"))) == 16


def test_a_spent_time_budget_stops_with_its_own_status(
    bench, tmp_path: Path, long_suite: Path
) -> None:
    run = tmp_path / "run"
    done = bench(
        "run", "--suite", long_suite, "--out", run, "--only", "supernet*", "--workers", "1",
        "--time-budget", "1s",
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "stopped by --time-budget: 0 of 2 units are done, 2 are left" in done.stderr
    assert "--only leaves out" in done.stderr
    assert not list((run / "claims").glob("*")) if (run / "claims").exists() else True
    assert not (run / "failures").exists()


def test_a_suspended_worker_keeps_the_state_of_its_unit(
    bench_here, start, tmp_path: Path, long_suite: Path
) -> None:
    run = tmp_path / "run"
    # The script executor binds the directory and starts nothing.
    bench_here("run", "--suite", long_suite, "--out", run, "--executor", "script")
    worker = start("worker", run, "--only", "supernet*", "--checkpoint-seconds", "1000")
    wait_for(lambda: list((run / "claims").glob("*.json")))
    worker.send_signal(signal.SIGUSR1)
    assert worker.wait(timeout=120) == 0
    (path,) = (run / "checkpoints").iterdir()
    assert epoch_of(path) >= 1
    assert list((run / "claims").iterdir()) == []


def test_the_first_signal_finishes_units_and_the_second_stops_at_a_checkpoint(
    start, tmp_path: Path, long_suite: Path
) -> None:
    run = tmp_path / "run"
    process = start(
        "bench", "run", "--suite", long_suite, "--out", run, "--only", "supernet*",
        "--workers", "1", "--checkpoint-every", "0s",
    )  # fmt: skip
    wait_for(lambda: list((run / "checkpoints").glob("*.safetensors")))
    (path,) = (run / "checkpoints").iterdir()
    (worker,) = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGTERM)
    reached = epoch_of(path)
    wait_for(lambda: epoch_of(path) > reached + 3)
    assert worker.is_running()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 130
    errors = process.errors()
    assert not worker.is_running()
    assert "finishing the units in progress" in errors
    assert "stopping at the last checkpoint" in errors
    assert "the same command goes on where this one stopped" in errors
    assert path.exists()
    assert list((run / "claims").iterdir()) == []
    assert not list((run / "records").rglob("*.json"))


def test_only_takes_what_fits_and_what_that_builds_on(expansion: Expansion) -> None:
    units = expansion.plan().units
    adapted = UnitFilter(("adapt to digits@10x*p1",)).of(units)
    assert {type(unit) for unit in adapted} == {AdaptUnit, SupernetUnit}
    assert len(adapted) == 4
    assert [unit.identity for unit in UnitFilter((units[-1].identity[:8],)).of(units)] == [
        units[-1].identity
    ]
    both = UnitFilter(("supernet*", units[-1].identity)).of(units)
    assert len(both) == 3
    with pytest.raises(InputError, match=r"--only adapt: fits none of \d+ units"):
        UnitFilter(("adapt",)).of(units)


def test_a_restricted_queue_counts_what_it_leaves_out(fake_run: RunDirectory) -> None:
    everything = queue_of(fake_run)
    queue = Queue(everything.plan, fake_run, UnitFilter(("train *digits@1x* with ce",)))
    assert len(everything.planned) - len(queue.planned) == 100
    checkpointing = Checkpointing(fake_run)
    Worker(fake_run, queue, FakeExecutor(fake_run.path / "log"), checkpointing).run()
    assert len(executions(fake_run.path / "log")) == 100
    assert (queue.progress().done, queue.progress().left) == (100, 0)
    assert (everything.progress().done, everything.progress().left) == (100, 100)


def test_tokens_are_taken_once_each() -> None:
    tokens = UnitTokens.empty()
    assert not tokens.take()
    assert tokens.add(3) == 3
    assert [tokens.take() for _ in range(4)] == [True, True, True, False]
    filled = 0
    while added := tokens.add(10**6):
        filled += added
    assert filled >= 4096
    tokens.close()


def test_a_worker_begins_as_many_units_as_it_has_tokens(fake_run: RunDirectory) -> None:
    tokens = UnitTokens.empty()
    tokens.add(7)
    executor, checkpointing = FakeExecutor(fake_run.path / "log"), Checkpointing(fake_run)
    Worker(fake_run, queue_of(fake_run), executor, checkpointing, tokens=tokens).run()
    assert len(executions(fake_run.path / "log")) == len(fake_run.finished()) == 7
    assert list(fake_run.claims.iterdir()) == []
    assert os.getpid() in {pid for _, pid, _ in executions(fake_run.path / "log")}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45s", 45), ("90m", 5400), ("2h", 7200), ("1h30m", 5400), ("1d", 86400), ("0.5h", 1800),
     ("1H 30min", 5400)],
)  # fmt: skip
def test_durations(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "2 hours", "-1h", "1h-", "2hm", "1,5h"])
def test_no_durations(text: str) -> None:
    with pytest.raises(BadParameter, match="write 45s, 90m, 2h"):
        Duration().convert(text, None, None)


def test_sizes() -> None:
    size = Size().convert
    assert size("512MB", None, None) == 512_000_000
    assert size("1.5gib", None, None) == 3 * 2**29
    for text in ("", "4", "4 apples", "GB", "-4GB"):
        with pytest.raises(BadParameter, match="write 512MB"):
            size(text, None, None)
