"""``imbnas-bench plan`` tells before a run what the run will do, and writes nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from imbnas.runs.store.directory import RunDirectory
from imbnas.units.records import Record
from imbnas.units.unit import BaselineModel, TrainUnit

from ..conftest import PER_PASS


def planned(bench: Any, *arguments: str | Path, cwd: Path | None = None) -> dict[str, Any]:
    done = bench("plan", *arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def records_of(run: Path) -> list[Record]:
    return list(RunDirectory(run).records())


def test_a_new_run_is_planned_and_nothing_is_written(
    bench, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    told = planned(
        bench, "--suite", tiny_suite, "--workers", "2", "--offline", "--part", "adaptation",
        "--part", "baselines", cwd=tmp_path,
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
    # Which trainings of found networks fall together is known after the searches only.
    transfer = 2 * 2 * 4  # trainings, replicates, cells
    assert told["units"] >= len(records_of(finished_run)) - transfer
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
    assert [part["part"] for part in told["parts"]] == ["adaptation", "baselines"]
    assert sum(part["units"] for part in told["parts"]) >= told["units"]
    # A part takes no more work than all, and parts together no less.
    macs = [part["macs"] for part in told["parts"]]
    assert max(macs) <= told["macs"] <= sum(macs)
    assert all(0 < part["time"]["low"] < part["time"]["high"] for part in told["parts"])


@pytest.mark.usefixtures("known_pace")
def test_the_plan_of_a_part_equals_what_its_records_say(
    bench_here, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    run = tmp_path / "run"
    told = planned(bench_here, "--suite", tiny_suite, "--part", "baselines", "--out", run)
    assert not run.exists()
    costs = [
        record.cost
        for record in records_of(finished_run)
        if isinstance(record.unit, TrainUnit) and isinstance(record.unit.model, BaselineModel)
    ]
    (kind,) = told["kinds"]
    assert kind["exact"]
    assert kind["units"] == len(costs) == 2
    assert kind["images_seen"] == sum(cost.images_seen for cost in costs)
    assert kind["macs"] == sum(cost.macs for cost in costs)


@pytest.mark.usefixtures("known_pace")
def test_units_known_here_and_elsewhere_are_told(
    bench_here, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    complete = bench_here("plan", "--suite", tiny_suite, "--out", finished_run)
    assert "Nothing is left to compute." in complete.stdout
    # Four networks have no tau; differences of strategies can be large enough.
    assert "Rankings (transfer): too few networks or replicates to find any change" in (
        complete.stdout
    )
    assert "Strategies (adaptation): a difference of " in complete.stdout
    assert "standard deviations is found in 80% of runs." in complete.stdout
    part = tmp_path / "part"
    shutil.copytree(finished_run, part)
    removed = sorted((part / "records" / "train").rglob("*.json"))[:3]
    for record in removed:
        record.unlink()
    options = ("--suite", tiny_suite, "--out", part)
    told = planned(bench_here, *options)
    assert told["units"] - told["known"] == 3
    assert told["detectable"]["changes"][0]["true_tau"] is None
    assert told["detectable"]["differences"][0]["standard_deviations"] > 1
    assert planned(bench_here, *options, "--reuse", finished_run)["known"] == told["units"]


@pytest.mark.usefixtures("known_pace")
def test_what_takes_more_than_a_day_is_said_in_words(
    bench_here, tmp_path: Path, tiny_suite: Path
) -> None:
    suite = tmp_path / "s.toml"
    text = tiny_suite.read_text()
    endless = text[text.index("[fidelities.only]") :].replace(".only", ".endless")
    endless = endless.replace("steps_per_epoch = 2", "steps_per_epoch = 60")
    suite.write_text(text + "\n" + endless.replace("epochs = 2", "epochs = 10000"))
    options = ("--suite", suite, "--fidelity", "endless", "--part", "transfer")
    told = planned(bench_here, *options)
    # 16 trainings on 10,000 · 60 · 32 images at three passes, shared by the workers.
    middle = 16 * 10_000 * 60 * 32 * 3 * PER_PASS / told["workers"]
    assert told["seconds"]["low"] == pytest.approx(0.85 * middle, rel=0.01)
    assert told["seconds"]["high"] == pytest.approx(1.15 * middle, rel=0.01)
    assert told["fits_in_a_night"]["fidelity"] == "only"
    shown = bench_here("plan", *options).stdout
    assert "That is more than a day." in shown
    assert any(word in shown for word in (" days", " years"))
    assert "--fidelity only fits in a night: about " in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fidelity", "onyl"], "did you mean 'only'"),
        (["--reuse", "absent"], "--reuse absent: neither a folder 'records' nor an archive"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_bad_input_is_one_line(
    bench_here, tmp_path: Path, tiny_suite: Path, options: list[str], message: str
) -> None:
    done = bench_here("plan", "--suite", tiny_suite, *options, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_missing_data_is_told_and_not_downloaded(
    bench_here, tmp_path: Path, tiny_suite: Path
) -> None:
    suite = tmp_path / "s.toml"
    suite.write_text(tiny_suite.read_text().replace("digits@", "svhn@"))
    done = bench_here("plan", "--suite", suite, "--offline", "--data-root", tmp_path)
    assert done.returncode == 2
    assert "dataset 'svhn' not found" in done.stderr
    assert "leave out --offline to download it" in done.stderr


def test_a_directory_of_another_suite_is_refused(bench_here, finished_run: Path) -> None:
    done = bench_here("plan", "--out", finished_run)
    assert done.returncode == 2
    assert "holds tiny@1/only, not lt-digits@3/mini" in done.stderr
