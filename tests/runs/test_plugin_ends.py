"""Code of plug-ins that ends its process fails its unit alone, or is refused when it is loaded."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.worker import main as work

PLUGIN = """
import os, signal, sys, threading
from imbnas.strategies import STRATEGIES

def plugged(name):
    def decorate(end):
        class Ends:
            scores_on, recipe = "target", "adaptation"
            def adapt(self, adaptation):
                end()
        STRATEGIES.register(name, version="1", summary="ends")(Ends)
    return decorate

@plugged("exits")
def exits():
    sys.exit(0)

@plugged("ends-at-once")
def ends_at_once():
    os._exit(0)

@plugged("interrupts")
def interrupts():
    raise KeyboardInterrupt

@plugged("stops")
def stops():
    raise GeneratorExit

@plugged("ends-in-a-thread")
def ends_in_a_thread():
    threading.Thread(target=os._exit, args=(0,), daemon=True).start()
    threading.Event().wait()
"""
NAMES = ("exits", "ends-at-once", "interrupts", "stops", "ends-in-a-thread")


def suite_with(folder: Path, tiny_suite: Path, *names: str) -> Path:
    suite = folder / "s.toml"
    text = tiny_suite.read_text().replace('["p0", "p1"]', json.dumps(["p0", *names]))
    suite.write_text(text.replace("replicates = 2", "replicates = 1"))
    return suite


def test_units_fail_by_the_name_of_what_ended_them_and_the_suite_goes_on(
    bench: Any, bench_here: Any, tmp_path: Path, tiny_suite: Path
) -> None:
    plugin, run = tmp_path / "mine.py", tmp_path / "run"
    plugin.write_text(PLUGIN)
    suite = suite_with(tmp_path, tiny_suite, *NAMES)
    flags = ("run", "--suite", suite, "--out", run, "--plugin", plugin, "--part", "adaptation")
    done = bench(*flags, "--executor", "here")
    assert done.returncode == 1, done.stderr
    status = json.loads(bench_here("status", run, "--json").stdout)
    errors = {f["unit"].partition(" by ")[2].split()[0]: f["error"] for f in status["failures"]}
    assert errors == {
        "exits": "SystemExit",
        "ends-at-once": "WorkerDied",
        "interrupts": "KeyboardInterrupt",
        "stops": "GeneratorExit",
        "ends-in-a-thread": "WorkerDied",
    }
    assert all("\n" not in failure["message"] for failure in status["failures"])
    assert status["failed"] == 5
    assert status["done"] >= 5  # the supernet, three units of p0, and what it found
    assert list((run / "claims").iterdir()) == []


@pytest.mark.parametrize("end", ["sys.exit(0)", "os._exit(0)", "raise KeyboardInterrupt"])
def test_a_plugin_that_ends_what_loads_it_is_refused(
    bench: Any, tmp_path: Path, tiny_suite: Path, end: str
) -> None:
    plugin, run = tmp_path / "mine.py", tmp_path / "run"
    plugin.write_text(f"import os, sys\n{end}\n")
    for command in ("run", "plan"):
        flags = ("--suite", tiny_suite, "--out", run, "--plugin", plugin)
        refused = bench(command, *flags)
        assert refused.returncode == 2, refused.stderr
        assert refused.stderr.startswith("Error: --plugin ")
        assert "mine.py: " in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert not run.exists()
    if "_exit" not in end:
        for command in (("list",), ("show", "condition", "digits@1x")):
            refused = bench(*command, "--plugin", plugin)
            assert refused.returncode == 2, refused.stderr
            assert "must import cleanly" in refused.stderr


def test_a_worker_computes_nothing_by_a_text_that_the_suite_does_not_name(
    bench: Any, bench_here: Any, tmp_path: Path, tiny_suite: Path
) -> None:
    plugin, run = tmp_path / "mine.py", tmp_path / "run"
    code = PLUGIN.replace("                end()", "                return adaptation.supernet")
    plugin.write_text(code)
    suite = suite_with(tmp_path, tiny_suite, "exits")
    flags = ("--suite", suite, "--out", run, "--plugin", plugin)
    assert bench("run", *flags, "--executor", "script").returncode == 0
    copy = RunDirectory(run).plugins / "mine.py"
    copy.write_text(code + "\nraise RuntimeError('compiled')\n")
    # In this process: it loads no plug-in.
    assert work([str(run), "--part", "adaptation"]) == 0
    status = json.loads(bench_here("status", run, "--json").stdout)
    (failure,) = status["failures"]
    assert failure["error"] == "InputError"
    assert "mine.py: not the plug-in that the run was started with (its sha256 is" in str(failure)
    done = bench("run", *flags, "--part", "adaptation", "--executor", "here", "--retry-failed")
    assert done.returncode == 0, done.stderr
    assert copy.read_text() == code


@pytest.mark.parametrize("command", ["run", "plan"])
def test_an_installed_plugin_cannot_end_the_command_that_names_it(
    bench_command: Any, tmp_path: Path, tiny_suite: Path, command: str
) -> None:
    installed, suite = tmp_path / "site", tmp_path / "s.toml"
    facts = installed / "evil-1.0.dist-info"
    facts.mkdir(parents=True)
    (installed / "evil.py").write_text("import os; os._exit(0)")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[imbnas.strategies]\nevil = evil:Evil\n")
    suite.write_text(tiny_suite.read_text().replace('["p0", "p1"]', '["evil", "p0"]'))
    path = os.pathsep.join(filter(None, (str(installed), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        bench_command(command, "--suite", suite, "--out", tmp_path / "run"),
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: evil: its process ended with status 0")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("command", "what"), [("run", "suite"), ("plan", "plan")])
def test_a_plugin_cannot_answer_for_the_process_that_imports_it(
    bench: Any, tmp_path: Path, tiny_suite: Path, command: str, what: str
) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        """
import gc, os
from imbnas.isolation.channel import Channel
for channel in gc.get_objects():
    if isinstance(channel, Channel):
        channel.send({"done": True}, b"{}")
os._exit(0)
"""
    )
    run = tmp_path / "run"
    done = bench(command, "--suite", tiny_suite, "--out", run, "--plugin", plugin)
    assert done.returncode == 2
    assert f"Error: --plugin mine.py: what came is no {what} (" in done.stderr
    assert "Traceback" not in done.stderr
    assert not run.exists()
