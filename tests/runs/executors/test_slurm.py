"""SLURM through submitit: its own mocks of sbatch and sacct, and its local executor."""

import signal
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
import pytest

from imbnas.errors import InputError
from imbnas.isolation.launcher import launched
from imbnas.runs.executors.job import WorkerDiedError, WorkerJob
from imbnas.runs.executors.registry import build_executor
from imbnas.runs.request import RunRequest
from imbnas.runs.worker_command import worker_command

from .conftest import execute, queue_of

submitit = pytest.importorskip("submitit", reason="submitit is not installed")
from submitit.core import job_environment, utils  # noqa: E402
from submitit.core.test_core import MockedSubprocess  # noqa: E402
from submitit.slurm.slurm import SlurmJobEnvironment  # noqa: E402

Records = Callable[[Path], dict[str, int]]


@pytest.fixture
def mocked() -> Iterator[MockedSubprocess]:
    """Commands of SLURM that answer without a cluster."""
    mock = MockedSubprocess(known_cmds=["srun"])
    with mock.context():
        yield mock


def script_of(asked: RunRequest) -> list[str]:
    (path,) = (asked.directory.path / "submitit").glob("*_submission.sh")
    return path.read_text().splitlines()


def submitted(asked: RunRequest, mocked: MockedSubprocess, *options: str) -> list[str]:
    """Submit and return the lines of the script that sbatch was given."""
    assert execute("slurm", asked, "wait=false", *options) is None
    return script_of(asked)


def test_one_array_of_workers_with_the_wall_time_asked_for(
    asked: RunRequest, mocked: MockedSubprocess
) -> None:
    lines = submitted(asked, mocked, "minutes=90", "mem_gb=6", "partition=day", "account=lab")
    directives = {line.removeprefix("#SBATCH --") for line in lines if line.startswith("#SBATCH")}
    assert {
        "array=0-3%4", "time=90", "mem=6GB", "partition=day", "account=lab", "requeue",
        "cpus-per-task=1", "job-name=imbnas", "signal=USR2@90",
    } <= directives  # fmt: skip
    assert not any(line.startswith("gpus") for line in directives)
    folder = asked.directory.path / "submitit"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(list(folder.glob("*_submitted.pkl"))) == 4


def test_fewer_at_once_and_gpus_where_asked(asked: RunRequest, mocked: MockedSubprocess) -> None:
    lines = submitted(asked, mocked, "array_parallelism=2", "gpus_per_node=1")
    assert "#SBATCH --array=0-3%2" in lines
    assert "#SBATCH --gpus-per-node=1" in lines


def test_nothing_is_submitted_where_nothing_is_left(
    asked: RunRequest, mocked: MockedSubprocess, finished_run: Path
) -> None:
    from imbnas.runs.reuse import Reuse, reusable

    Reuse(asked.directory, [reusable(finished_run)]).take(queue_of(asked).plan)
    progress = execute("slurm", asked)
    assert progress is not None
    assert progress.done == progress.total
    assert not (asked.directory.path / "submitit").exists()


def test_without_slurm_the_remedy_is_told(asked: RunRequest) -> None:
    with (
        patch("shutil.which", lambda _: None),
        pytest.raises(InputError, match="--executor script"),
    ):
        execute("slurm", asked)


@pytest.mark.parametrize("minutes_run", [1, 89])
def test_preempted_and_timed_out_jobs_are_requeued_with_the_same_command(
    asked: RunRequest, mocked: MockedSubprocess, minutes_run: int
) -> None:
    submitted(asked, mocked, "minutes=90", "requeues=3")
    job_id = f"{mocked.last_job}_0"
    paths = utils.JobPaths(asked.directory.path / "submitit", job_id=job_id)
    with mocked.job_context(job_id):
        delayed = utils.DelayedSubmission.load(paths.submitted_pickle)
        command = list(delayed.function.command)
        handler = job_environment.SignalHandler(SlurmJobEnvironment(), paths, delayed)
        handler._start_time -= 60 * minutes_run
        with (
            patch.object(SlurmJobEnvironment, "_requeue") as requeue,
            pytest.raises(SystemExit),
        ):
            handler.checkpoint_and_try_requeue(SlurmJobEnvironment._usr_sig())
    # Being preempted is free; only the end of the time counts.
    requeue.assert_called_once_with(2 if minutes_run == 89 else 3)
    again = utils.DelayedSubmission.load(paths.submitted_pickle).function
    assert isinstance(again, WorkerJob)
    assert again.command == command == worker_command(asked)
    assert again.minutes == 90


def local_job(asked: RunRequest) -> Any:
    """The same job on this machine, by submitit's local executor."""
    executor: Any = build_executor("slurm", ["cluster=local"])
    (job,) = executor._submit(asked, 1)
    return job


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_a_requeued_job_goes_on_from_what_is_on_disk(
    asked: RunRequest, records_of: Records
) -> None:
    run, trainings = asked.directory.path, queue_of(asked).plan.expansion.plan(("transfer",))
    job = local_job(replace(asked, parts=("transfer",)))
    wait_until(lambda: len(records_of(run)) >= 4)
    (task,) = psutil.Process(int(job.job_id)).children()
    task.send_signal(signal.SIGUSR2)  # as SLURM does when it preempts
    task.wait(timeout=60)
    known = records_of(run)
    assert len(known) < len(trainings.units)
    assert job.result() == 0
    after = records_of(run)
    assert known.items() <= after.items()
    assert after.keys() == {f"{unit.identity}.json" for unit in trainings.units}
    assert "preempted" in job.paths.stdout.read_text() + job.paths.stderr.read_text()
    assert len(list((run / "logs").glob("*.log"))) == 2


def test_submitits_local_jobs_give_the_same_tables(
    bench_here, tmp_path: Path, tiny_suite: Path, finished_run: Path, tables_of: Any
) -> None:
    run = tmp_path / "jobs"
    done = bench_here(
        "run", "--suite", tiny_suite, "--out", run, "--workers", "2", "--executor", "slurm",
        "--executor-option", "cluster=local", "--executor-option", "poll_seconds=0.5",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "submitted 2 worker(s)" in done.stderr
    assert tables_of(run) == tables_of(finished_run)
    assert list((run / "claims").iterdir()) == []


def test_a_worker_that_dies_is_an_error_of_its_job(tmp_path: Path, asked: RunRequest) -> None:
    with pytest.raises(WorkerDiedError, match="status"):
        WorkerJob([*launched("imbnas.runs.worker"), str(tmp_path / "absent")], {})()
