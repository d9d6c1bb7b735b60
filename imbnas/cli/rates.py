"""How fast a run is, and how long it will take."""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from imbnas.planning.work import WorkDone
    from imbnas.runs.queue.queue import Queue, RunProgress

    Work = Callable[[RunProgress], WorkDone]

_REPRESENTATIVE_SHARE = 0.1
_COUNTED_AFTER = 10.0
"""Seconds after which work is counted, which takes some itself."""
_COUNTED_UNITS = 20_000
"""Of runs with more units, which are small, progress is told by their number."""


def counts_work(queue: "Queue") -> "Callable[[], Work]":
    """Give what begins to count the work of a queue's units."""

    def begin() -> "Work":
        from imbnas.planning.work import RunWork

        return RunWork(queue).at

    return begin


class RateClock:
    """Rate and time left, from what was done since the first call.

    Args:
        count: begins to count work by multiply-accumulates; ``None`` to count units alone.
    """

    def __init__(self, count: "Callable[[], Work] | None" = None) -> None:
        self._count = count
        self._work: Work | None = None
        self._start: float | None = None
        self._done_at_start = 0
        self._work_at_start: float | None = None
        self._work_since = 0.0
        self._merged = 0

    @property
    def elapsed(self) -> float:
        """Seconds since the first call of ``describe``."""
        return 0.0 if self._start is None else time.monotonic() - self._start

    def describe(self, progress: "RunProgress") -> str:
        """Failures, share of the work, rate, time so far and time left, as far as known."""
        if self._start is None:
            self._start, self._done_at_start = time.monotonic(), progress.done
        parts = [f"{progress.failed} failed"] if progress.failed else []
        if progress.blocked:
            parts.append(f"{progress.blocked} waiting for failed ones")
        if progress.merged > self._merged:
            self._merged = progress.merged
            parts.append(merged_note(progress.merged))
        if progress.left and self.elapsed > 0:
            parts += self._by_work(progress) or self._by_units(progress)
        return ", ".join(parts)

    def _by_work(self, progress: "RunProgress") -> list[str]:
        if self._count is None or self.elapsed < _COUNTED_AFTER or progress.total > _COUNTED_UNITS:
            return []
        try:
            self._work = self._work or self._count()
            work, now = self._work(progress), time.monotonic()
        except Exception:
            # What is only shown must not end a run, whatever a plug-in's names lead it to.
            self._count = None
            return []
        if not work.total:
            return []
        if self._work_at_start is None:
            self._work_at_start, self._work_since = work.done, now
        parts = [f"{work.done / work.total:.1%} of the work"]
        done, seconds = work.done - self._work_at_start, now - self._work_since
        if done > 0 and seconds > 0:
            rate = done / seconds
            parts.append(f"{rate:.2g} multiply-accumulates/s")
            left = f"about {duration((work.total - work.done) / rate)} left"
        else:
            left = "time left not known yet"
        return [*parts, f"{duration(self.elapsed)} so far", left]

    def _by_units(self, progress: "RunProgress") -> list[str]:
        done = progress.done - self._done_at_start
        parts = [f"{duration(self.elapsed)} so far"] if self.elapsed >= _COUNTED_AFTER else []
        if not done:
            return parts
        rate = done / self.elapsed
        parts.insert(0, _units_rate(rate))
        # The longest units come first: their rate does not hold for the many short ones.
        if done >= _REPRESENTATIVE_SHARE * (progress.total - self._done_at_start):
            parts.append(f"about {duration(progress.left / rate)} left")
        return parts


def _units_rate(rate: float) -> str:
    """A rate per second, or per the shortest of longer times in which a unit is done."""
    word, seconds = next(
        ((w, s) for w, s in (("s", 1), ("min", 60)) if rate * s >= 0.1), ("h", 3600)
    )
    return f"{rate * seconds:.1f} units/{word}"


def merged_note(merged: int) -> str:
    """Why the total has become smaller."""
    return f"{merged} fewer in all, since searches found networks that are trained already"


def duration(seconds: float) -> str:
    """Seconds in words, in the unit that says most."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"
