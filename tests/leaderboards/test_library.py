"""Results as frames, and single answers from a run or from published tables."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hmean

import imbnas
from imbnas.errors import InputError
from imbnas.leaderboards.library import Accuracy, LoadedResults
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, write_tables
from imbnas.leaderboards.tables.formats import to_csv
from imbnas.runs.store.directory import RunDirectory
from imbnas.units.metrics import TrainMetrics
from imbnas.units.unit import TrainUnit

from ..factories import varied


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, fabricated: Results) -> RunDirectory:
    directory = RunDirectory(tmp_path_factory.mktemp("library") / "run")
    directory.store_suite(fabricated.resolved)
    for record in fabricated.records.values():
        directory.publish_record(record)
    write_tables(fabricated, directory, build_tables(fabricated))
    return directory


@pytest.fixture(scope="module")
def loaded(run: RunDirectory) -> LoadedResults:
    return imbnas.load_results(run.path)


def test_frames_are_tidy(loaded: LoadedResults) -> None:
    # 12 architectures and a baseline on two trainings, the baseline on one of them only.
    assert len(loaded.accuracies) == 12 * 2 + 1
    assert not loaded.accuracies.duplicated(["space", "architecture", "condition", "scheme"]).any()
    assert loaded.records is not None
    assert len(loaded.records) == 75
    assert set(loaded.records["condition"]) == {"digits@1x", "digits@10x"}
    assert set(loaded.tables) >= {"rank_correlation", "adaptation", "cost", "checklist"}


def test_a_run_and_its_published_tables_give_one_answer(
    run: RunDirectory, loaded: LoadedResults, fabricated: Results
) -> None:
    published = imbnas.load_results(run.tables)
    assert published.records is None
    assert set(published.index) == set(loaded.index)
    member = fabricated.resolved.population[4]
    asked = ("nats-tss", member.architecture, "digits@10x", "cb-drw")
    here, there = imbnas.query(*asked, loaded), imbnas.query(*asked, published)
    records = loaded.records
    assert records is not None
    chosen = records[
        records["architecture"].eq(member.architecture) & records["condition"].eq("digits@10x")
    ]["accuracy"]
    assert here.mean == pytest.approx(chosen.mean())
    assert here.sd == pytest.approx(chosen.std(ddof=1))
    assert (here.n_replicates, here.params, here.macs) == (3, member.params, member.macs)
    assert there.mean == pytest.approx(here.mean, rel=1e-5)
    assert (there.n_replicates, there.params, there.macs) == (3, member.params, member.macs)


def test_a_baseline_is_found_under_its_source(loaded: LoadedResults) -> None:
    found = imbnas.query("timm", "mobilenetv3_small_050", "digits@10x", "cb-drw", loaded)
    assert isinstance(found, Accuracy)
    assert found.mean is not None


def test_harmonic_mean_and_calibration_error_are_offered_with_and_without_records(
    run: RunDirectory, loaded: LoadedResults, fabricated: Results
) -> None:
    member = fabricated.resolved.population[4]
    asked = ("nats-tss", member.architecture, "digits@10x", "cb-drw")
    here = imbnas.query(*asked, loaded)
    counts = [
        record.metrics.class_correct
        for record in fabricated.records.values()
        if isinstance(record.metrics, TrainMetrics)
        and isinstance(record.unit, TrainUnit)
        and record.unit.model.label == member.architecture
        and record.unit.scheme.name == "cb-drw"
    ]
    assert len(counts) == 3
    harmonic = [hmean(np.array(each) / 80) for each in counts]
    assert here.harmonic_mean == pytest.approx(100 * np.mean(harmonic))
    # Their networks are 90% sure of every answer.
    errors = [abs(0.9 - sum(each) / 800) for each in counts]
    assert here.calibration_error == pytest.approx(100 * np.mean(errors))
    assert loaded.records is not None
    assert list(loaded.records)[-2:] == ["harmonic_mean", "calibration_error"]
    assert list(loaded.accuracies)[-2:] == ["harmonic_mean", "calibration_error"]
    of_baseline = imbnas.query("timm", "mobilenetv3_small_050", "digits@10x", "cb-drw", loaded)
    assert of_baseline.harmonic_mean is not None
    assert of_baseline.calibration_error is not None
    there = imbnas.query(*asked, imbnas.load_results(run.tables))
    assert there.harmonic_mean == pytest.approx(here.harmonic_mean, rel=1e-5)
    assert there.calibration_error == pytest.approx(here.calibration_error, rel=1e-5)


def test_tables_of_an_older_version_have_neither(run: RunDirectory, tmp_path: Path) -> None:
    for name in ("rank_correlation", "architectures", "baselines"):
        table = pd.read_csv(run.tables / f"{name}.csv")
        kept = [c for c in table if not c.startswith(("harmonic_mean", "calibration_error"))]
        table[kept].to_csv(tmp_path / f"{name}.csv", index=False)
    found = imbnas.load_results(tmp_path).accuracies
    assert found[["harmonic_mean", "calibration_error"]].isna().all().all()
    assert found["mean"].notna().all()


def test_older_records_have_no_calibration_error(fabricated: Results, tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(fabricated.resolved)
    for record in fabricated.records.values():
        if isinstance(record.metrics, TrainMetrics):
            directory.publish_record(varied(record, metrics={"calibration": None}))
    results = imbnas.load_results(directory.path)
    assert results.accuracies["calibration_error"].isna().all()
    assert results.accuracies["harmonic_mean"].notna().all()


def test_an_unfinished_replicate_leaves_a_gap(fabricated: Results, tmp_path: Path) -> None:
    member = fabricated.resolved.population[0].architecture
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(fabricated.resolved)
    lost = next(
        r
        for r in fabricated.records.values()
        if getattr(getattr(r.unit, "model", None), "label", "") == member
    )
    for record in fabricated.records.values():
        if record is not lost:
            directory.publish_record(record)
    results = imbnas.load_results(directory.path)
    condition = lost.unit.data.condition.partition(":")[0]
    found = imbnas.query("nats-tss", member, condition, lost.unit.scheme.name, results)
    assert (found.mean, found.n_replicates) == (None, 2)
    assert (found.harmonic_mean, found.calibration_error) == (None, None)


def test_a_baseline_that_is_not_trained_yet_is_not_held(
    fabricated: Results, tmp_path: Path
) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(fabricated.resolved)
    results = imbnas.load_results(directory.path)
    assert {key[0] for key in results.index} == {"nats-tss"}
    assert results.accuracies["mean"].isna().all()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("nats-tsz", "x", "digits@1x", "ce"), "did you mean 'nats-tss'"),
        (("timm", "mobilenetv3_small_051", "digits@1x", "ce"), "mobilenetv3_small_050"),
        (("timm", "mobilenetv3_small_050", "digits@1x", "ce"), "digits@10x"),
        (("timm", "mobilenetv3_small_050", "digits@10x", "cb"), "cb-drw"),
    ],
)
def test_an_unknown_name_is_answered_with_near_ones(
    loaded: LoadedResults, asked: tuple[str, str, str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        imbnas.query(*asked, loaded)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a run directory"):
        imbnas.load_results(tmp_path)


def test_importing_imbnas_imports_nothing_heavy() -> None:
    code = "import imbnas, sys; print({'pandas', 'torch', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    assert {"load_results", "query"} <= set(dir(imbnas))


def test_what_is_printed_is_one_short_line(loaded: LoadedResults, run: RunDirectory) -> None:
    shown = repr(loaded)
    assert shown.startswith(f"<LoadedResults {run.path}: {len(loaded.tables)} tables, ")
    assert shown.endswith(" trainings>")
    assert "\n" not in shown
    tables_alone = imbnas.load_results(run.tables)
    assert repr(tables_alone) == f"<LoadedResults {run.tables}: {len(tables_alone.tables)} tables>"


def test_a_training_of_another_part_is_no_answer(tmp_path: Path) -> None:
    """Its columns are empty in the rows of this part; of a training not done yet there are none."""
    common = {
        "part": "p",
        "population": "nats-tss: 1",
        "architecture": "a",
        "params": 10,
        "macs": 20,
    }
    rows = [
        common | {"mean x ce": 50.0, "sd x ce": 1.0, "n x ce": 3},
        common | {"part": "q", "mean y ce": None, "sd y ce": None, "n y ce": 0},
    ]
    (tmp_path / "architectures.csv").write_text(to_csv(pd.DataFrame(rows)))
    (tmp_path / "rank_correlation.csv").write_text("part\n")
    results = imbnas.load_results(tmp_path)
    assert {key[2]: held.n_replicates for key, held in results.index.items()} == {"x": 3, "y": 0}
    assert imbnas.query("nats-tss", "a", "x", "ce", results).mean == 50.0
