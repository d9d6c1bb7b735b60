"""Units that fail are failures with reasons; the suite goes on and the tables show the gap."""

import csv
import json
from pathlib import Path

import pytest

from imbnas.error_texts import kind_of, message_of, traceback_of
from imbnas.runs.store.directory import RunDirectory

from ...factories import make_unit

PLUGIN = """
import os
import torch
from imbnas.strategies.registry import STRATEGIES


@STRATEGIES.register("raises", version="1", summary="fails on purpose")
class Raises:
    scores_on = "target"
    recipe = "adaptation"

    def adapt(self, adaptation):
        raise RuntimeError("no idea how")


@STRATEGIES.register("wrong-type", version="1", summary="returns a string")
class WrongType:
    scores_on = "target"
    recipe = "adaptation"

    def adapt(self, adaptation):
        return "a supernet, honestly"


@STRATEGIES.register("peeks", version="1", summary="looks for the test images")
class Peeks:
    scores_on = "target"
    recipe = "adaptation"

    def adapt(self, adaptation):
        from imbnas.data.loading import load_dataset
        from imbnas.data.locations import DataLocations

        load_dataset("digits", DataLocations.from_options(offline=True)).split("test")


@STRATEGIES.register("hollow", version="1", summary="returns weights that are not finite")
class Hollow:
    scores_on = "target"
    recipe = "adaptation"

    def adapt(self, adaptation):
        torch.nn.init.constant_(adaptation.supernet.classifier.weight, float("nan"))
        return adaptation.supernet


@STRATEGIES.register("crashes", version="1", summary="takes the interpreter down")
class Crashes:
    scores_on = "target"
    recipe = "adaptation"

    def adapt(self, adaptation):
        os._exit(11)
"""


def test_failing_strategies_leave_reasons_and_gaps(
    bench, bench_here, tmp_path: Path, tiny_suite: Path
) -> None:
    plugin, suite, run = tmp_path / "mine.py", tmp_path / "s.toml", tmp_path / "run"
    plugin.write_text(PLUGIN)
    text = tiny_suite.read_text().replace(
        '["p0", "p1"]', '["p0", "raises", "wrong-type", "peeks", "hollow", "crashes"]'
    )
    suite.write_text(text.replace("replicates = 2", "replicates = 1"))
    flags = ("run", "--suite", suite, "--out", run, "--plugin", plugin, "--part", "adaptation")
    # With workers and processes of plug-ins that are really started: those of ``bench`` are forked.
    done = bench_here(*flags, "--workers", "1")
    assert done.returncode == 1, done.stderr
    status = json.loads(bench_here("status", run, "--json").stdout)
    reasons = {failure["error"]: failure["message"] for failure in status["failures"]}
    assert reasons["RuntimeError"] == "no idea how"
    assert "returned str, not a supernet" in reasons["TypeError"]
    assert "its process ended with status 11" in reasons["WorkerDied"]
    assert "'digits' is out of reach: strategy 'peeks' has" in reasons["SealedDataError"]
    assert "strategy 'hollow' returned weights that are not finite" in reasons["StrategyError"]
    assert status["failed"] == 5
    with (run / "tables" / "adaptation.csv").open() as file:
        rows = {row["strategy"]: row for row in csv.DictReader(file)}
    assert rows["p0"]["n_missing"] == "0"
    assert float(rows["p0"]["accuracy_mean"]) > 0
    for strategy in ("raises", "wrong-type", "peeks", "hollow", "crashes"):
        assert rows[strategy]["n_missing"] == "1"
        assert rows[strategy]["accuracy_mean"] == ""
    again = bench(*flags)
    assert again.returncode == 1
    missing = bench_here("run", "--suite", suite, "--out", run, "--part", "adaptation")
    assert missing.returncode == 2
    assert "unknown strategy" in missing.stderr


def test_a_loss_that_is_not_finite_is_a_failure(
    bench, tmp_path: Path, trainings_suite: Path
) -> None:
    suite, run = tmp_path / "s.toml", tmp_path / "run"
    text = trainings_suite.read_text().replace(
        "batch_size = 32\n", "batch_size = 32\nlr = 1e30\n", 1
    )
    suite.write_text(
        text.replace("replicates = 2", "replicates = 1").replace("epochs = 2", "epochs = 6")
    )
    done = bench("run", "--suite", suite, "--out", run, "--executor", "here")
    assert done.returncode == 1
    assert "NonFiniteLossError" in done.stderr
    with (run / "tables" / "rank_correlation.csv").open() as file:
        row = next(csv.DictReader(file))
    assert int(row["n_missing"]) > 0


LOUD = """
import sys
from imbnas.strategies.registry import STRATEGIES


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError("not telling")


class Fails:
    scores_on = "target"
    recipe = "adaptation"

    def adapt(self, adaptation):
        raise self.error()


@STRATEGIES.register("long", version="1", summary="says ten million characters")
class Long(Fails):
    def error(self):
        print("printed " * 2_000_000)
        return RuntimeError("long \\udc80\\x1b[31m" * 10**6)


@STRATEGIES.register("mute", version="1", summary="cannot say what is wrong")
class Mute(Fails):
    error = MuteError
"""


def test_what_failures_say_is_bounded_everywhere(
    bench, bench_here, tmp_path: Path, tiny_suite: Path
) -> None:
    plugin, suite, run = tmp_path / "loud.py", tmp_path / "s.toml", tmp_path / "run"
    plugin.write_text(LOUD.replace("\\\\", "\\"))
    text = tiny_suite.read_text().replace('["p0", "p1"]', '["p0", "long", "mute"]')
    suite.write_text(text.replace("replicates = 2", "replicates = 1"))
    done = bench(
        "run", "--suite", suite, "--out", run, "--plugin", plugin, "--part", "adaptation",
        "--executor", "here",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    status = bench_here("status", run)
    shown = bench_here("logs", run, "by long")
    for told in (done, status):
        assert all(len(line) < 2000 for line in (told.stderr + told.stdout).splitlines())
    assert "characters in all" in status.stdout
    assert "MuteError: (what it says cannot be shown" in status.stdout
    assert "\x1b" not in status.stdout + shown.stdout
    assert "characters that were printed after that are dropped" in shown.stdout
    assert len(shown.stdout) < 12 * 2**20
    for path in (run / "failures").iterdir():
        assert path.stat().st_size < 2**16
    assert sum(path.stat().st_size for path in (run / "logs").iterdir()) < 11 * 2**20


@pytest.mark.parametrize("letter", ["x", "\n", "\x00", "é", "😀", "\udc80", '"'])
def test_a_failure_file_stays_small_whatever_it_says(tmp_path: Path, letter: str) -> None:
    directory, unit = RunDirectory(tmp_path), make_unit()
    error = RuntimeError(letter * 10**6)
    texts = kind_of(error), message_of(error), traceback_of(error)
    directory.publish_failure(unit.identity, unit, *texts)
    assert directory.failure_path(unit.identity).stat().st_size < 2**16
    directory.publish_failure("a" * 64, None, "E" * 10**6, letter * 10**6, letter * 10**6)
    assert directory.failure_path("a" * 64).stat().st_size < 2**16
    told = directory.failures()
    assert told[unit.identity].error == "RuntimeError"
    assert len(told["a" * 64].message.splitlines()) <= 1
