"""How the command line is entered, interrupted, and read by others."""

import os
import shutil
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import imbnas
from imbnas.cli.commands import COMMANDS

GO_ON = {"run", "merge"}


@pytest.mark.parametrize("module", ["imbnas", "imbnas.cli.main"])
def test_modules_that_are_the_command_line(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", module, "--version"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"imbnas-bench, version {imbnas.__version__}\n"


def test_the_package_offers_the_function_in_the_place_of_its_module() -> None:
    code = (
        "from imbnas.cli import main; import imbnas.cli.main, types\n"
        "from imbnas.cli import main as again\n"
        "assert main is again is imbnas.cli.main and isinstance(main, types.FunctionType)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="nothing"):
        _ = imbnas.cli.nothing


def raising(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
    """Let a command raise something in place of its work."""

    def fail(*_: object, **__: object) -> None:
        raise error

    command = import_module(f"imbnas.cli.{name}").command
    monkeypatch.setattr(command, "invoke", fail)
    monkeypatch.setattr(command, "parse_args", lambda _context, _arguments: [])


@pytest.mark.parametrize("name", COMMANDS)
def test_an_interrupted_command_says_whether_it_goes_on(
    bench_here: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    raising(monkeypatch, name, KeyboardInterrupt())
    done = bench_here(name)
    assert done.returncode == 130
    assert len(done.stderr.splitlines()) == 1
    assert ("goes on where this one stopped" in done.stderr) == (name in GO_ON)
    assert ("starts again" in done.stderr) == (name not in GO_ON)


@pytest.mark.parametrize("name", ["list", "run", "report"])
def test_the_end_of_a_file_is_no_interruption(
    bench_here: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    raising(monkeypatch, name, EOFError("marshal data too short"))
    with pytest.raises(RuntimeError, match="ends too early .marshal data too short"):
        bench_here(name)


def test_a_compiled_module_that_is_cut_off_is_told(tmp_path: Path) -> None:
    import importlib.util

    package = tmp_path / "imbnas"
    shutil.copytree(
        Path(imbnas.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    source = package / "cli" / "list.py"
    run = [sys.executable, "-m", "imbnas", "list"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    import py_compile

    compiled = Path(str(py_compile.compile(str(source), doraise=True)))
    assert compiled == Path(importlib.util.cache_from_source(str(source)))
    compiled.write_bytes(compiled.read_bytes()[:40])
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "interrupted" not in done.stderr
    assert "marshal data too short" in done.stderr


def test_ctrl_c_in_correlate() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "imbnas", "correlate", "-", "--x", "a", "--y", "b"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Shells start jobs in the background with this signal ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdin is not None
    # More than a pipe holds: once it is written, the command reads.
    process.stdin.write(b"a,b\n" + b"1,2\n" * 100_000)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate(timeout=120)
    assert (process.returncode, printed) == (130, b"")
    assert told.decode().splitlines() == [
        "Error: interrupted; nothing of it is kept, the same command starts again"
    ]


def names(run: Path) -> set[str]:
    return {path.name for path in run.glob("records/*/*/*.json")}


def test_a_reader_that_goes_away_stops_no_run(
    bench_command: Any, finished_run: Path, tiny_suite: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    next(run.glob("records/train/*/*.json")).unlink()
    (run / "tables" / "baselines.csv").unlink()
    command = bench_command("run", "--suite", tiny_suite, "--out", run, "--workers", "1")
    for unread in ({"stdout"}, {"stdout", "stderr"}):
        reading, writing = os.pipe()
        os.close(reading)
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | dict.fromkeys(
            unread, writing
        )
        done = subprocess.run(command, text=True, timeout=300, **streams)
        os.close(writing)
        assert done.returncode == 0, done.stderr
        assert (run / "tables" / "baselines.csv").exists()
        assert names(run) == names(finished_run)
        if done.stderr is not None:
            assert "nobody reads standard output any more; the command goes on" in done.stderr
        next(run.glob("records/train/*/*.json")).unlink()
        (run / "tables" / "baselines.csv").unlink()


@pytest.mark.parametrize("closed", ["0", "1", "2", "0 1 2", "1 2"])
def test_closed_standard_streams_have_no_effect(closed: str, tmp_path: Path) -> None:
    closing = " ".join(f"{number}>&-" for number in closed.split())
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closing}', "sh", sys.executable, "-m", "imbnas", "show",
         "condition", "digits@20x", "--manifest", tmp_path / "m.json"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "m.json").read_text().startswith("{")


AS_NUMBER = (
    "setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups",
    "--inh-caps=+dac_override,+dac_read_search", "--ambient-caps=+dac_override,+dac_read_search",
)  # fmt: skip
CAN_BE_ANOTHER = shutil.which("setpriv") is not None and os.geteuid() == 0


@pytest.mark.skipif(not CAN_BE_ANOTHER, reason="only root becomes another user")
def test_a_user_without_home_and_passwd_entry_is_one_like_any_other(tmp_path: Path) -> None:
    """As in containers that run as a number."""
    environment = {k: v for k, v in os.environ.items() if k not in ("HOME", "IMBNAS_CACHE")}
    environment |= {"TMPDIR": str(tmp_path), "IMBNAS_DATA": ""}
    start = [*AS_NUMBER, sys.executable, "-P", "-m", "imbnas"]
    done = subprocess.run(
        [*start, "train", "--baseline", "cifar_resnet8_w4", "--condition", "digits@20x",
         "--recipe", "lt-digits/smoke"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "test_accuracy" in done.stdout
    tilde = subprocess.run(
        [*start, "show", "condition", "cifar10@100x", "--data-root", "~/x"],
        env=environment, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert tilde.returncode == 2
    assert "no home folder for the ~ in it" in tilde.stderr
