"""Who is tried again, and how often."""

import errno
import signal

from imbnas.runs.retries import WorkerDeaths, is_disk_fault, prepare_retries
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.unit_state import UnitState

from .conftest import FakeExecutor, queue_of


def test_failures_stay_unless_asked_and_damaged_records_are_moved_aside(
    fake_run: RunDirectory,
) -> None:
    failed, damaged, *_ = queue_of(fake_run).units.values()
    fake_run.publish_failure(failed.identity, failed, "RuntimeError", "no")
    fake_run.publish_record(FakeExecutor(fake_run.path / "log").execute(damaged))
    fake_run.record_path("train", damaged.identity).write_text("{")
    (line,) = prepare_retries(fake_run, failed=False)
    assert "damaged record" in line
    assert "it lies now in" in line
    assert fake_run.state(damaged) is UnitState.MISSING
    assert fake_run.state(failed) is UnitState.FAILED
    assert prepare_retries(fake_run, failed=True) == []
    assert fake_run.state(failed) is UnitState.MISSING


def test_a_unit_fails_at_its_second_crash_or_fourth_kill() -> None:
    deaths = WorkerDeaths()
    assert deaths.failure("a", -signal.SIGSEGV) is None
    assert (
        deaths.failure("a", 7) == "two workers died while doing this unit, the last with status 7"
    )
    killed = [deaths.failure("b", -signal.SIGKILL) for _ in range(4)]
    assert killed[:3] == [None] * 3
    assert str(killed[3]).startswith("four workers died")


def test_three_workers_that_die_without_a_unit_are_replaced() -> None:
    deaths = WorkerDeaths()
    assert [deaths.is_replaced_without_unit() for _ in range(4)] == [True, True, True, False]


def test_a_full_disk_is_no_failure_of_a_unit() -> None:
    assert is_disk_fault(OSError(errno.ENOSPC, "No space left on device"))
    assert not is_disk_fault(FileNotFoundError(errno.ENOENT, "missing"))
    assert not is_disk_fault(RuntimeError("no"))
