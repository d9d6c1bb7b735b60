"""Fixtures that several folders of tests share."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imbnas.cli import main
from imbnas.suites.expand import Expansion

from .factories import resolve

_START = "from imbnas.cli import main; main()"
TESTS = Path(__file__).resolve().parent


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


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Run ``imbnas-bench`` in a process of its own, without the seconds that imports take.

    ``--executor here`` works in that process, too, where a test is about results alone.
    """
    with subprocess.Popen(
        [sys.executable, "-P", TESTS / "command_server.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        start_new_session=True,
    ) as server:

        def run(
            *arguments: str | Path, cwd: Path | None = None
        ) -> "subprocess.CompletedProcess[str]":
            words, folder = [*map(str, arguments)], tmp_path_factory.mktemp("command")
            output, errors = folder / "output", folder / "errors"
            request = {
                "arguments": words,
                "folder": str(cwd or Path.cwd()),
                "environment": os.environ | {"COLUMNS": "200"},
                "output": str(output),
                "errors": str(errors),
            }
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
            status = int(server.stdout.readline())
            return subprocess.CompletedProcess(
                words, status, output.read_text(), errors.read_text()
            )

        yield run
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


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
