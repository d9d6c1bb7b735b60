"""Progress is told by work: rate, share, time so far and left, and what each worker is at."""

from collections.abc import Callable
from typing import Any

import pytest

from imbnas.cli import rates
from imbnas.cli.progress import PlainLines
from imbnas.cli.rates import RateClock, duration
from imbnas.planning.work import WorkDone
from imbnas.runs.queue.queue import RunProgress
from imbnas.runs.queue.running_units import Running


class Clock:
    """Stands for ``time``."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    return clock


def work(total: float, at: Callable[[RunProgress], float]) -> Any:
    return lambda: lambda progress: WorkDone(total, at(progress))


def progress(done: int, total: int = 100, share: float = 0.0) -> RunProgress:
    running = Running("ab", "train a", "here", 7, 0.0, "epoch 2 of 8, loss 1.5", share)
    return RunProgress(total, done, 0, 0, running=(running,))


def test_rate_and_time_left_follow_the_work_even_while_no_unit_is_done(clock: Clock) -> None:
    rate = RateClock(work(1e12, lambda p: 1e12 * p.running[0].share))
    assert rate.describe(progress(0)) == ""
    clock.now += 60
    said = rate.describe(progress(0, share=0.1))
    assert said == "10.0% of the work, 60 s so far, time left not known yet"
    clock.now += 600
    said = rate.describe(progress(0, share=0.2))
    # A tenth of 10^12 in 600 s; eight tenths take 4,800 s.
    assert (
        said
        == "20.0% of the work, 1.7e+08 multiply-accumulates/s, 11 min so far, about 80 min left"
    )


def test_without_work_slow_units_are_told_per_hour(clock: Clock) -> None:
    rate = RateClock()
    rate.describe(progress(0))
    for seconds, done, wanted in (
        (10, 20, "2.0 units/s"),
        (100, 5, "3.0 units/min"),
        (7200, 3, "1.5 units/h"),
    ):
        clock.now = 1000.0 + seconds
        assert rate.describe(progress(done)).startswith(wanted)
        assert "0.0 units" not in rate.describe(progress(done))


def test_many_units_are_counted_and_not_weighed(clock: Clock) -> None:
    def never() -> Any:
        raise AssertionError("work was counted")

    rate = RateClock(never)
    rate.describe(progress(0, total=10**6))
    clock.now += 100
    assert "units/s" in rate.describe(progress(5000, total=10**6))


def test_lines_become_rare_and_name_what_workers_are_at(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    show = PlainLines("tiny", RateClock(work(1e12, lambda p: 1e10 * p.done)))
    for _ in range(24 * 3600):
        clock.now += 1
        show(progress(int(clock.now) // 1000))
    lines = capsys.readouterr().err.splitlines()
    heads = [line for line in lines if line.startswith("tiny: ")]
    workers = [line for line in lines if line.startswith("  ")]
    assert set(workers) == {"  here 7: train a: epoch 2 of 8, loss 1.5"}
    assert len(heads) - 10 < len(workers) < len(heads)
    # At 5% of the time so far, and ten minutes at most: 20 lines, 20 ln(12,000 / 200), and 124.
    assert 150 < len(heads) < 250


def test_the_last_state_is_always_printed(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    show = PlainLines("tiny", RateClock())
    show(RunProgress(3, 0, 0, 0))
    show(RunProgress(3, 3, 0, 0))
    assert capsys.readouterr().err.splitlines() == ["tiny: 0/3 units", "tiny: 3/3 units"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 s"), (89.4, "89 s"), (600, "10 min"), (7200, "2.0 h"), (3 * 86400, "3.0 days")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_work_that_cannot_be_counted_ends_no_run(clock: Clock) -> None:
    def fails() -> Any:
        raise RuntimeError("no idea")

    rate = RateClock(fails)
    rate.describe(progress(0))
    clock.now += 100
    assert rate.describe(progress(50)).startswith("0.5 units/s")
