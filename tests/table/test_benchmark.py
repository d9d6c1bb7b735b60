import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import imbnas
from imbnas.errors import InputError, UnknownNameError
from imbnas.leaderboards.results import Results
from imbnas.runs.store.directory import RunDirectory
from imbnas.spaces import get_space
from imbnas.table.benchmark import Benchmark
from imbnas.table.index import RowIndex
from imbnas.table.loading import load_benchmark
from imbnas.table.reading import columns_of
from imbnas.table.rows import Table, table_of

BALANCED, TARGET = ("digits@1x", "ce"), ("digits@10x", "cb-drw")


@pytest.fixture(scope="module")
def whole(fabricated: Results) -> Benchmark:
    return Benchmark(RowIndex(columns_of(table_of(fabricated, {}), "here")))


def of(table: Table, architecture: str, training: tuple[str, str], role: str) -> pd.DataFrame:
    frame = table.frame
    keep = (frame["architecture"] == architecture) & (frame["role"] == role)
    return frame[keep & (frame["condition"] == training[0]) & (frame["scheme"] == training[1])]


def test_answers_are_those_of_the_leaderboards(
    whole: Benchmark, fabricated: Results, tmp_path: Path
) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(fabricated.resolved)
    for record in fabricated.records.values():
        directory.publish_record(record)
    results = imbnas.load_results(directory.path)
    for space, architecture, condition, scheme in results.index:
        known = imbnas.query(space, architecture, condition, scheme, results)
        found = whole.query(architecture, condition, scheme)
        assert found.mean_recall is not None
        assert 100 * found.mean_recall == pytest.approx(known.mean, abs=1e-9)
        assert 100 * (found.harmonic_mean or 0) == pytest.approx(known.harmonic_mean, abs=1e-9)
        assert len(found.replicates) == known.n_replicates
        assert (found.params, found.macs, found.space) == (known.params, known.macs, space)
    row = results.tables["baselines"].iloc[0]
    found = whole.query(row["model"], row["condition"], row["scheme"])
    for name in ("many", "medium", "few", "worst_class"):
        value = getattr(found, name)
        assert (value is None and pd.isna(row[name])) or 100 * value == pytest.approx(row[name])


def test_a_replicate_is_its_row(lookups: Benchmark, table: Table, gappy: Results) -> None:
    architecture = gappy.resolved.population[3].architecture
    rows = of(table, architecture, TARGET, "population")
    assert lookups.replicates(architecture, *TARGET) == tuple(rows["replicate"])
    for row in rows.to_dict("records"):
        found = lookups.query(architecture, *TARGET, row["replicate"])
        assert found.class_correct == (row["class_correct"],)
        assert found.class_total == (row["class_total"],)
        assert found.replicates == (row["replicate"],)
        assert found.seconds == row["seconds"]
        recalls = [c / t for c, t in zip(row["class_correct"], row["class_total"], strict=True)]
        assert found.mean_recall == pytest.approx(np.mean(recalls))
        assert found.worst_class == min(recalls)
        few = [recalls[label] for label in row["few"]]
        assert found.few == pytest.approx(np.mean(few))
        assert found.metric(lambda correct, total: correct.sum() / total.sum()) == pytest.approx(
            sum(row["class_correct"]) / sum(row["class_total"])
        )
    every = lookups.query(architecture, *TARGET)
    assert every.seconds == rows["seconds"].sum()
    assert every.class_correct == tuple(rows["class_correct"])
    with pytest.raises(dataclasses.FrozenInstanceError):
        every.seconds = 0  # type: ignore[misc]
    assert hash(every)


def test_any_spelling_of_a_function_is_answered(lookups: Benchmark, gappy: Results) -> None:
    space = get_space("nats-tss")
    members = {m.functional_id: m.architecture for m in gappy.resolved.population}
    asked = 0
    for architecture in space.architectures():  # type: ignore[attr-defined]
        spelled = members.get(space.functional_id(architecture))
        if spelled is not None and spelled != architecture:
            asked += 1
            found = lookups.query(architecture, *BALANCED)
            assert found == lookups.query(spelled, *BALANCED)
            assert found.architecture == spelled
    assert asked == 3


def test_a_condition_may_be_spelled_otherwise(lookups: Benchmark, gappy: Results) -> None:
    architecture = gappy.resolved.population[0].architecture
    found = lookups.query(architecture, "digits@10.0x", "cb-drw")
    assert found == lookups.query(architecture, *TARGET)


def test_random_replicates_are_those_that_there_are(lookups: Benchmark, gappy: Results) -> None:
    architecture = gappy.resolved.population[3].architecture
    rng = np.random.default_rng(0)
    found = [lookups.query(architecture, *TARGET, "random", rng=rng) for _ in range(60)]
    assert {each.replicates for each in found} == {(0,), (1,), (2,)}
    assert lookups.query(architecture, *TARGET, "random").replicates in {(0,), (1,), (2,)}


def test_failed_trainings_are_named_and_not_averaged(lookups: Benchmark, table: Table) -> None:
    rows = table.frame[table.frame["failed"].astype(bool)]
    row = rows[rows["role"] == "population"].iloc[0]
    key = row["architecture"], row["condition"], row["scheme"]
    assert row["replicate"] in lookups.replicates(*key)
    alone = lookups.query(*key, row["replicate"])
    assert (alone.mean_recall, alone.worst_class, alone.few) == (None, None, None)
    assert (alone.failed, alone.replicates, alone.seconds) == ((row["replicate"],), (), 0)
    every = lookups.query(*key)
    assert every.failed == (row["replicate"],)
    assert len(every.replicates) == 2
    assert every.mean_recall is not None


def test_what_is_in_the_population_is_answered_from_it_alone(table: Table) -> None:
    frame = table.frame.copy()
    done = frame.index[~frame["failed"].astype(bool) & (frame["role"] == "population")]
    again = frame.loc[[done[0]]].assign(role="found", class_correct=[(0,) * 10], replicate=9)
    found = Table(table.suite, pd.concat([frame, again]), 0, 0, ())
    lookups = Benchmark(RowIndex(columns_of(found, "here")))
    key = frame.loc[done[0], ["architecture", "condition", "scheme"]]
    assert lookups.query(*key).role == "population"
    assert lookups.replicates(*key) == (0, 1, 2)
    assert lookups.query(*key, role="found").mean_recall == 0
    with pytest.raises(InputError, match=r"not trained on .* \(baseline\), but on .* \(found\)"):
        lookups.query(*key, role="baseline")


def test_names_of_a_table(lookups: Benchmark, gappy: Results) -> None:
    members = {member.architecture for member in gappy.resolved.population}
    assert members < set(lookups.architectures)
    assert "mobilenetv3_small_050" in lookups.architectures
    assert lookups.conditions == ("digits@1x", "digits@10x")
    assert lookups.trainings == (BALANCED, TARGET)
    assert set(lookups.spaces) == {"nats-tss", "timm"}
    assert lookups.title == "tiny@1/only"
    assert repr(lookups) == f"<Benchmark tiny@1/only: {len(lookups.columns)} trainings>"


DEAD = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (("mobilenetv3_small_051", *TARGET), UnknownNameError, "'mobilenetv3_small_050'"),
        ((DEAD, *TARGET), InputError, "its output cannot depend on its input"),
        ((DEAD.replace("none~0|+", "nor_conv_3x4~0|+"), *TARGET), UnknownNameError, "unknown arch"),
        (("mobilenetv3_small_050", "digits@11x", "ce"), UnknownNameError, "'digits@10x'"),
        (("mobilenetv3_small_050", "digits@10x", "cb-drv"), UnknownNameError, "'cb-drw'"),
        (
            ("mobilenetv3_small_050", *BALANCED), InputError,
            r"not trained on digits@1x ce, but on digits@10x cb-drw \(baseline\)",
        ),
        (("mobilenetv3_small_050", *TARGET, 7), InputError, "no replicate 7 .* it has 0, 1, 2"),
    ],
)  # fmt: skip
def test_what_the_table_does_not_hold_is_refused_with_near_names(
    lookups: Benchmark, asked: tuple[str, ...], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as refused:
        lookups.query(*asked)
    assert "\n" not in str(refused.value)


def test_an_unknown_space_is_refused(lookups: Benchmark) -> None:
    with pytest.raises(UnknownNameError, match="'timm'"):
        lookups.query("resnet10t", *TARGET, space="tim")


def test_a_grid_holds_every_function_and_replicate(whole: Benchmark, fabricated: Results) -> None:
    grid = whole.grid(*TARGET)
    [training] = [t for t in fabricated.population_accuracy if t.condition == "digits@10x"]
    known = dict(
        zip(
            (m.architecture for m in fabricated.resolved.population),
            fabricated.population_accuracy[training].tolist(),
            strict=True,
        )
    )
    assert grid.replicates == (0, 1, 2)
    assert grid.space == "nats-tss"
    assert dict(zip(grid.architectures, grid.values.tolist(), strict=True)) == known


def test_a_grid_marks_what_is_missing_or_failed(lookups: Benchmark) -> None:
    missing = sum(np.isnan(lookups.grid(*training).values).sum() for training in lookups.trainings)
    assert missing == 2


def test_a_benchmark_opens_runs_and_files(
    run_directory: Path, tmp_path: Path, table: Table, monkeypatch
) -> None:
    from imbnas.table.files import table_bytes

    path = tmp_path / "lt.csv"
    path.write_bytes(table_bytes(table, path))
    key = table.frame.iloc[5][["architecture", "condition", "scheme"]]
    answers = [load_benchmark(source).query(*key) for source in (run_directory, str(path))]
    assert answers[0] == answers[1]
    monkeypatch.setattr(
        "imbnas.table.loading.published_folders", lambda: {"tiny@1/only": run_directory}
    )
    assert load_benchmark("tiny@1/only").query(*key) == answers[0]
    with pytest.raises(InputError, match="did you mean 'tiny@1/only'"):
        load_benchmark("tiny@2/only")


def test_a_folder_without_records_is_refused(tmp_path: Path, fabricated: Results) -> None:
    with pytest.raises(InputError, match="not a run directory"):
        load_benchmark(tmp_path)
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(fabricated.resolved)
    with pytest.raises(InputError, match="holds no records"):
        load_benchmark(directory.path)


def test_public_names_are_found_on_the_package() -> None:
    assert imbnas.Benchmark is Benchmark
    assert imbnas.load_benchmark is load_benchmark
    assert {"Benchmark", "load_benchmark"} <= set(dir(imbnas))
