"""Trainings as event files of TensorBoard."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.trainings import finished_trainings

REASON = "pip install 'imbnas[tensorboard]' has the tests of event files run"


def content(folder: Path) -> dict[str, Any]:
    """Scalars by tag as (epoch, value), and hyper-parameters, as TensorBoard reads them."""
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason=REASON
    )
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    events = accumulator.EventAccumulator(str(folder)).Reload()
    scalars = {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }
    start = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    held = HParamsPluginData.FromString(start).session_start_info.hparams
    parameters = {name: getattr(each, each.WhichOneof("kind")) for name, each in held.items()}
    return {"scalars": scalars, "parameters": parameters}


def test_every_training_is_there_with_its_curve_and_result(
    run_directory: Path, gappy: Results, bench_here, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard", reason=REASON)
    out = tmp_path / "events"
    done = bench_here("export", run_directory, "--format", "tensorboard", "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    folders = {path.parent for path in out.rglob("events.out.tfevents.*")}
    trainings = list(finished_trainings(gappy))
    assert json.loads(done.stdout) == {
        "suite": "tiny@1/only", "folder": str(out), "trainings": len(trainings),
    }  # fmt: skip
    assert len(folders) == len(trainings)
    assert {path.name for path in out.iterdir()} == {"digits@1x_ce", "digits@10x_cb-drw"}
    for record, unit, metrics in trainings[::5]:
        (folder,) = (each for each in folders if each.name.endswith(record.identity[:8]))
        found, epochs = content(folder), unit.recipe.epochs
        assert found["parameters"] == {
            "identity": record.identity, "space": found["parameters"]["space"],
            "architecture": unit.model.label, "condition": folder.parent.name.split("_")[0],
            "scheme": unit.scheme.name, "replicate": unit.replicate, "params": metrics.params,
            "macs": metrics.macs, "epochs": epochs,
        }  # fmt: skip
        scalars = found["scalars"]
        curve = [(point.epoch, 100 * point.mean_accuracy()) for point in metrics.curve or ()]
        assert scalars.get("validation/accuracy", []) == [(e, pytest.approx(a)) for e, a in curve]
        accuracy = pytest.approx(100 * metrics.mean_accuracy())
        assert scalars["test/accuracy"] == [(epochs, accuracy)]
        assert scalars["train/loss"] == [(epochs, pytest.approx(metrics.train_loss))]
        assert ("test/calibration_error" in scalars) == (metrics.calibration is not None)
    assert any(metrics.curve for _, _, metrics in trainings)


def test_it_takes_no_folder_that_is_there(
    run_directory: Path, bench_here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imbnas.table.events.tensorboard", lambda: None)
    (tmp_path / "there").mkdir()
    for out, said in (("there", "it exists; give a folder"), ("no/events", "there is no folder")):
        done = bench_here(
            "export", run_directory, "--format", "tensorboard", "--out", tmp_path / out
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_a_failure_leaves_nothing(
    run_directory: Path, tmp_path: Path, bench_here, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def SummaryWriter(self, folder: str) -> None:  # noqa: N802 (as torch calls it)
            Path(folder).mkdir(parents=True)
            raise OSError(28, "No space left on device", folder)

    monkeypatch.setattr("imbnas.table.events.tensorboard", Full)
    pytest.importorskip("tensorboard", reason=REASON)
    done = bench_here("export", run_directory, "--format", "tensorboard", "--out", tmp_path / "e")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_one_line_says_what_to_install(
    run_directory: Path, bench_here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    done = bench_here("export", run_directory, "--format", "tensorboard", "--out", tmp_path / "e")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: --format tensorboard: the package tensorboard is missing; "
        "pip install 'imbnas[tensorboard]'\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_records_is_refused(
    finished_run: Path, bench_here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imbnas.table.events.tensorboard", lambda: None)
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(finished_run / "suite.json", run)
    done = bench_here("export", run, "--format", "tensorboard", "--out", tmp_path / "e")
    assert done.returncode == 2
    assert "holds no records" in done.stderr
