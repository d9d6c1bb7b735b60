"""``imbnas-bench plan`` tells before a run what the run will do, and writes nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest


def planned(bench: Any, *arguments: str | Path, cwd: Path | None = None) -> dict[str, Any]:
    # A second process would be timed, too, which one test is enough for.
    done = bench("plan", "--workers", "1", *arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_new_run_is_planned_and_nothing_is_written(
    bench, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    told = planned(bench, "--suite", tiny_suite, "--workers", "2", "--offline", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
    status = json.loads(bench("status", finished_run, "--json").stdout)
    # Which trainings of found networks fall together is known after the searches only.
    assert told["units"] >= status["total"]
    assert (told["known"], told["unforeseen"], told["workers"]) == (0, 0, 2)
    assert {kind["kind"]: kind["exact"] for kind in told["kinds"]} == {
        "train": False,
        "supernet": False,
        "adapt": False,
        "search": False,
    }
    assert 0 < told["seconds"]["low"] < told["seconds"]["high"] < 3600
    assert told["out"] == "runs/tiny@1/only"
    assert told["fits_in_a_night"] is None


def test_the_plan_of_a_part_equals_what_its_records_say(
    bench, tmp_path: Path, tiny_suite: Path
) -> None:
    run = tmp_path / "run"
    options = ("--suite", tiny_suite, "--part", "baselines", "--out", run)
    told = planned(bench, *options)
    assert not run.exists()
    assert bench("run", *options).returncode == 0
    costs = [json.loads(p.read_text())["cost"] for p in (run / "records").rglob("*.json")]
    (kind,) = told["kinds"]
    assert kind["exact"]
    assert kind["units"] == len(costs)
    assert kind["images_seen"] == sum(cost["images_seen"] for cost in costs)
    assert kind["macs"] == sum(cost["macs"] for cost in costs)


def test_units_known_here_and_elsewhere_are_told(
    bench, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    complete = bench("plan", "--suite", tiny_suite, "--out", finished_run)
    assert "Nothing is left to compute." in complete.stdout
    part = tmp_path / "part"
    shutil.copytree(finished_run, part)
    removed = sorted((part / "records" / "train").rglob("*.json"))[:3]
    for record in removed:
        record.unlink()
    options = ("--suite", tiny_suite, "--out", part)
    told = planned(bench, *options)
    assert told["units"] - told["known"] == 3
    assert planned(bench, *options, "--reuse", finished_run)["known"] == told["units"]


def test_what_takes_more_than_a_day_is_said_in_words(
    bench, tmp_path: Path, tiny_suite: Path
) -> None:
    suite = tmp_path / "s.toml"
    text = tiny_suite.read_text()
    endless = text[text.index("[fidelities.only]") :].replace(".only", ".endless")
    suite.write_text(text + "\n" + endless.replace("epochs = 2", "epochs = 3000000"))
    options = ("--suite", suite, "--fidelity", "endless", "--part", "transfer")
    told = planned(bench, *options)
    assert told["seconds"]["high"] > 24 * 3600
    assert told["fits_in_a_night"]["fidelity"] == "only"
    shown = bench("plan", "--workers", "1", *options).stdout
    assert "That is more than a day." in shown
    assert any(word in shown for word in (" days", " years"))
    assert "--fidelity only fits in a night: about " in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fidelity", "onyl"], "did you mean 'only'"),
        (["--reuse", "absent"], "--reuse absent: no folder 'records' in it"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_bad_input_is_one_line(
    bench, tmp_path: Path, tiny_suite: Path, options: list[str], message: str
) -> None:
    done = bench("plan", "--suite", tiny_suite, *options, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_missing_data_is_told_and_not_downloaded(bench, tmp_path: Path, tiny_suite: Path) -> None:
    suite = tmp_path / "s.toml"
    suite.write_text(tiny_suite.read_text().replace("digits@", "svhn@"))
    done = bench("plan", "--suite", suite, "--offline", "--data-root", tmp_path)
    assert done.returncode == 2
    assert "dataset 'svhn' not found" in done.stderr
    assert "leave out --offline to download it" in done.stderr


def test_a_directory_of_another_suite_is_refused(bench, finished_run: Path) -> None:
    done = bench("plan", "--out", finished_run)
    assert done.returncode == 2
    assert "holds tiny@1/only, not lt-digits@1/mini" in done.stderr
