"""Fixtures that several folders of tests share."""

import contextlib
import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imbnas.cli import main
from imbnas.planning.sample import Trial
from imbnas.planning.timing import Job, Row, Timing
from imbnas.suites.expand import Expansion

from .factories import resolve

_START = "from imbnas.cli import main; main()"
TESTS = Path(__file__).resolve().parent
PER_PASS = 1e-3
"""Seconds of every pass of an image in ``known_pace``."""


def _command(*arguments: str | Path) -> list[str]:
    # Without the working directory on the path: what is installed is tested, and no test that
    # limits the size of files leaves half a compiled module in the checkout.
    return [sys.executable, "-P", "-c", _START, *map(str, arguments)]


Bench = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def tiny_suite() -> Path:
    """A suite with every kind of unit that runs in seconds."""
    return TESTS / "tiny.toml"


@pytest.fixture(scope="session")
def expansion(tiny_suite: Path) -> Expansion:
    """The tiny suite, resolved once for all tests that change nothing in it."""
    return Expansion(resolve(tiny_suite))


class CommandServer:
    """Starts commands and workers without the seconds that imports take, see ``command_server``."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0
        self._process = subprocess.Popen(
            [sys.executable, "-P", TESTS / "command_server.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: dict[str, object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(
        self,
        program: str,
        arguments: tuple[str | Path, ...],
        cwd: Path | None = None,
        background: bool = False,
    ) -> tuple[int, Path, Path]:
        """The answer, and the files with standard output and error."""
        self._count += 1
        output, errors = (self._folder / f"{self._count}.{name}" for name in ("out", "err"))
        request = {
            "program": program,
            "background": background,
            "arguments": [*map(str, arguments)],
            "folder": str(cwd or Path.cwd()),
            "environment": os.environ | {"COLUMNS": "200"},
            "output": str(output),
            "errors": str(errors),
        }
        return self.ask(request), output, errors

    def close(self) -> None:
        with self._process, contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


class Forked:
    """A process in the background, as ``subprocess.Popen`` gives one; ``start`` says which."""

    def __init__(
        self, server: CommandServer, program: str, arguments: tuple[str | Path, ...]
    ) -> None:
        self._server = server
        self.pid, _, self._errors = server.start(program, arguments, background=True)
        self._ended = os.pidfd_open(self.pid)
        self._status: int | None = None

    def send_signal(self, number: int) -> None:
        signal.pidfd_send_signal(self._ended, number)

    def poll(self) -> int | None:
        """Its exit status, or minus the number of the signal that ended it; once it has ended."""
        if self._status is None and select.select([self._ended], [], [], 0)[0]:
            self._status = self._server.ask({"wait": self.pid})
            os.close(self._ended)
        return self._status

    def wait(self, timeout: float = 60) -> int:
        if self._status is None:
            select.select([self._ended], [], [], timeout)
        status = self.poll()
        assert status is not None, "waited too long"
        return status

    def errors(self) -> str:
        """What it has written to standard error."""
        return self._errors.read_text()


@pytest.fixture(scope="session")
def command_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandServer]:
    server = CommandServer(tmp_path_factory.mktemp("commands"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def bench(command_server: CommandServer) -> Bench:
    """Run ``imbnas-bench`` in a process of its own, without the seconds that imports take.

    ``--executor here`` works in that process, too, where a test is about results alone.
    """

    def run(*arguments: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        status, output, errors = command_server.start("bench", arguments, cwd)
        return subprocess.CompletedProcess(
            arguments, status, output.read_text(), errors.read_text()
        )

    return run


@pytest.fixture
def start(command_server: CommandServer) -> Iterator[Callable[..., Forked]]:
    """Start a ``"bench"`` or a ``"worker"`` with arguments; at the test's end it is killed."""
    started: list[Forked] = []

    def start(program: str, *arguments: str | Path) -> Forked:
        started.append(Forked(command_server, program, arguments))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="session")
def bench_here() -> Bench:
    """Run ``imbnas-bench`` in this process, without the seconds that imports take in a new one.

    For commands that load no plug-in and leave no process: what they register would stay.
    """

    def run(*arguments: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        out, err, words = io.StringIO(), io.StringIO(), [str(argument) for argument in arguments]
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            contextlib.chdir(cwd or Path.cwd()),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setenv("COLUMNS", "200")
            with pytest.raises(SystemExit) as end:
                main(words)
        assert isinstance(end.value.code, int)
        return subprocess.CompletedProcess(words, end.value.code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def bench_command() -> Callable[..., list[str]]:
    """The command line that starts ``imbnas-bench``, for tests that kill it."""
    return _command


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory, tiny_suite: Path, bench: Bench) -> Path:
    """The run directory of the tiny suite, done by one worker; tests must not change it.

    Where several processes share the tests, one of them does it for all.
    """
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished"
    outcome = root / "outcome"
    with contextlib.suppress(FileExistsError):
        root.mkdir()
        done = bench("run", "--suite", tiny_suite, "--out", root / "run", "--executor", "here")
        (root / "draft").write_text("" if done.returncode == 0 else done.stderr or "failed")
        (root / "draft").rename(outcome)
    while not outcome.exists():
        time.sleep(0.1)
    assert outcome.read_text() == ""
    return root / "run"


@pytest.fixture(scope="session")
def trainings_suite(tmp_path_factory: pytest.TempPathFactory, tiny_suite: Path) -> Path:
    """The sixteen single trainings of the tiny suite, by the same identities."""
    text = tiny_suite.read_text()
    start, end = text.index("[parts.adaptation]"), text.index("[fidelities.only]")
    path = tmp_path_factory.mktemp("suites") / "trainings.toml"
    path.write_text(text[:start] + text[end:])
    return path


@pytest.fixture
def known_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans of ``bench_here`` time nothing; few tests are enough to see that others do."""

    def at_once(job: Job, processes: int) -> tuple[float, list[Row]]:
        def timing(trial: Trial) -> Timing:
            cost, seconds = trial.cost, PER_PASS * trial.places
            assert cost is not None
            return Timing(seconds * cost.passes, seconds * (3 * cost.trained + cost.head))

        return 0.0, [[timing(trial) for trial in job.trials]] * max(processes, 2)

    monkeypatch.setattr("imbnas.planning.throughput.time_side_by_side", at_once)


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports of ``bench_here`` draw nothing, which takes seconds, for tests of other files."""
    monkeypatch.setattr("imbnas.leaderboards.report.pictures", lambda *_: ())
