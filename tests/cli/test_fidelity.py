"""``imbnas-bench fidelity``: recipes judged on the digits by a table that was made up."""

import csv
import json
import re
from itertools import combinations, groupby
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from imbnas import load_results
from imbnas.spaces import get_space

SUITE = """
name = "recipes"
version = "1"
summary = "two recipes on the digits"
default_fidelity = "short"
space = "nats-tss"

[parts.recipes]
kind = "transfer"
reference = { condition = "digits@1x", scheme = "ce" }
targets = [{ condition = "digits@10x", scheme = "cb-drw" }]

[fidelities.short]
replicates = 2
population = { size = 4, seed = 0 }

[fidelities.short.network]
epochs = 1
steps_per_epoch = 2
batch_size = 32
width = 2
depth = 1

[fidelities.long]
extends = "short"
network = { steps_per_epoch = 4 }
"""
TSS = get_space("nats-tss")
CELLS = TSS.sample(30, 0)  # the population of the suite comes first
TRAININGS = {("digits@1x", "ce"), ("digits@10x", "cb-drw")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A suite and a table of thirty cells, of which the suite's population has four."""
    path = tmp_path_factory.mktemp("fidelity")
    (path / "recipes.toml").write_text(SUITE)
    rng = np.random.default_rng(0)
    lines = [f"{cell},{rng.normal()},{rng.normal()},x" for cell in CELLS]
    (path / "table.csv").write_text("\n".join(["architecture,acc,other,note", *lines]) + "\n")
    return path


def asked(folder: Path, *more: object) -> list[str]:
    words = ["recipes.toml", "--against", "table.csv", "--runs", "runs", "--executor", "here"]
    return ["fidelity", *words, *map(str, more)]


@pytest.fixture(scope="module")
def judged(folder: Path, bench):
    """Five cells, then twelve of the same draw."""
    few = bench(*asked(folder, "--cells", 5, "--json"), cwd=folder)
    many = bench(*asked(folder, "--cells", 12, "--json", "--out", "out.csv"), cwd=folder)
    assert (few.returncode, many.returncode) == (0, 0), few.stderr + many.stderr
    return few, many


def test_rows_are_what_the_records_and_the_table_say(folder: Path, judged) -> None:
    printed = json.loads(judged[1].stdout)
    assert (printed["columns"], printed["relative_to"]) == (["acc", "other"], "short")
    with (folder / "table.csv").open() as file:
        table = {row["architecture"]: row for row in csv.DictReader(file)}
    assert len(printed["rows"]) == 4
    for row in printed["rows"]:
        (run,) = (folder / "runs" / row["fidelity"]).glob("12-cells-seed-1-*")
        records = load_results(run).records
        own = records[records["condition"].eq(row["condition"])]
        accuracy = own.pivot_table(index="architecture", columns="replicate", values="accuracy")
        assert accuracy.shape == (12, 2) == (row["cells"], row["replicates"])
        pairs = combinations(accuracy.to_numpy().T, 2)
        seeds = np.mean([stats.kendalltau(x, y).statistic for x, y in pairs])
        assert row["seed_tau"] == pytest.approx(seeds)
        for column in ("acc", "other"):
            values = [float(table[cell][column]) for cell in accuracy.index]
            found = stats.kendalltau(accuracy.mean(axis=1).round(9), values).statistic
            assert row[f"tau {column}"] == pytest.approx(found)
            assert row[f"tau_low {column}"] <= found <= row[f"tau_high {column}"]
        assert row["core_seconds"] > 0
    shorter, longer = (r for r in printed["rows"] if r["condition"] == "digits@1x")
    assert shorter["core_seconds_ratio"] == 1
    assert longer["core_seconds_ratio"] == pytest.approx(
        longer["core_seconds"] / shorter["core_seconds"]
    )


def test_the_population_is_left_out_and_fewer_cells_are_the_first_of_more(
    folder: Path, judged
) -> None:
    few, many = judged
    assert "4 cells in the population of the suite" in few.stderr
    assert all(cell in few.stderr for cell in CELLS[:4])
    assert "not compared" in few.stderr
    populations = []
    for number in (5, 12):
        (run,) = (folder / "runs" / "short").glob(f"{number}-cells-seed-1-*")
        suite = json.loads((run / "suite.json").read_text())
        populations.append([member["architecture"] for member in suite["population"]])
    assert populations[1][:5] == populations[0]
    assert not {*populations[1]} & {*CELLS[:4]}
    assert many.stderr.count("20 units taken over from") == 2


def test_the_written_table_is_the_printed_one(folder: Path, judged) -> None:
    printed = json.loads(judged[1].stdout)["rows"]
    with (folder / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["condition"], row["scheme"]) for row in rows} == TRAININGS
    for row, expected in zip(rows, printed, strict=True):
        assert list(row) == list(expected)
        assert float(row["tau acc"]) == pytest.approx(expected["tau acc"], rel=1e-5)


@pytest.mark.slow
def test_fidelities_take_turns_and_give_the_same(folder: Path, judged, bench) -> None:
    words = ["fidelity", "recipes.toml", "--against", "table.csv", "--runs", "turns", "--json"]
    done = bench(*words, "--cells", 12, "--turns", 3, "--workers", 1, cwd=folder)
    assert done.returncode == 0
    told = [line for line in done.stderr.splitlines() if line.startswith("recipes@1/")]
    order = [label for label, _ in groupby(line.split(":")[0] for line in told)]
    assert order == ["recipes@1/short", "recipes@1/long"] * 3
    rows, expected = (json.loads(each.stdout)["rows"] for each in (done, judged[1]))
    for row, other in zip(rows, expected, strict=True):
        same = [name for name in row if "core_seconds" not in name and "cost" not in name]
        assert [row[name] for name in same] == [other[name] for name in same]


def test_what_is_done_is_judged_without_training(folder: Path, judged, bench_here) -> None:
    done = bench_here(*asked(folder, "--cells", 12, "--no-training", "--json"), cwd=folder)
    assert done.returncode == 0
    assert json.loads(done.stdout)["rows"] == json.loads(judged[1].stdout)["rows"]
    (run,) = (folder / "runs" / "long").glob("12-cells-seed-1-*")
    of_runs = bench_here(
        "fidelity", "--against", "table.csv", "--run", run, "--column", "acc", "--json", cwd=folder
    )
    rows = json.loads(of_runs.stdout)["rows"]
    expected = [r for r in json.loads(done.stdout)["rows"] if r["fidelity"] == "long"]
    assert [row["tau acc"] for row in rows] == [row["tau acc"] for row in expected]
    assert [row["core_seconds_ratio"] for row in rows] == [1, 1]
    none = bench_here(*asked(folder, "--cells", 11, "--no-training"), cwd=folder)
    assert none.returncode == 2
    assert "nothing is done" in none.stderr


def test_text_for_people(folder: Path, judged, bench_here) -> None:
    options = ("--cells", 12, "--no-training", "--fidelity", "long", "--fidelity", "short")
    done = bench_here(*asked(folder, *options, "--relative-to", "short"), cwd=folder)
    assert "tau minus short" in done.stdout
    assert done.stdout.index("long ") < done.stdout.index("short ")
    assert "nan" not in done.stdout.lower()


def test_without_cells_the_population_itself_is_trained(folder: Path, bench) -> None:
    done = bench(
        *asked(folder, "--fidelity", "short", "--replicates", 1, "--json", "--column", "acc"),
        cwd=folder,
    )
    assert done.returncode == 0
    rows = json.loads(done.stdout)["rows"]
    assert [(row["cells"], row["cells_compared acc"], row["seed_tau"]) for row in rows] == [
        (4, 4, None), (4, 4, None),
    ]  # fmt: skip
    again = bench(*asked(folder, "--fidelity", "short", "--replicates", 2, "--json"), cwd=folder)
    assert [row["replicates"] for row in json.loads(again.stdout)["rows"]] == [2, 2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cells", 27], "--cells 27: table.csv has 26 cells to draw from; .*give at most 26"),
        (["--cells", 1], "--cells"),
        (["--cells", 5, "--seed", 0], "--seed 0: the suite's own population is drawn with it"),
        (["--fidelity", "shrot"], "unknown fidelity of suite 'recipes': 'shrot'"),
        (["--part", "other"], "--part other: fidelity 'short'"),
        (["--relative-to", "mini"], "--relative-to mini: not among short, long"),
        (["--column", "accc"], "table.csv: --column: no column 'accc'; did you mean 'acc'"),
        (["--column", "note"], "row 1 below the header, column 'note': 'x' is not a finite"),
        (["--key", "cell"], "table.csv: --key: no column 'cell'"),
        (["--against", "absent.csv"], "absent.csv: No such file"),
        (["--against", "twice.csv"], "rows 1 and 31 below the header are both"),
        (["--run", "absent"], "absent"),
        (["--ceiling", 1], "--ceiling"),
        (["--out", "absent/out.csv"], "--out absent/out.csv: there is no folder absent"),
        (["--out", "."], "--out"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_changes_nothing(
    folder: Path, bench_here, options, said
) -> None:
    text = (folder / "table.csv").read_text()
    (folder / "twice.csv").write_text(text + text.splitlines()[1] + "\n")
    words = asked(folder, *options)
    words[words.index("runs")] = "none"
    done = bench_here(*words, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert re.search(said, line), line
    assert not (folder / "none").exists()


def test_a_suite_or_finished_runs_must_be_given(folder: Path, bench_here) -> None:
    for options, said in (((), "give a SUITE"), (("--cells", "4"), "give a SUITE")):
        done = bench_here("fidelity", "--against", "table.csv", *options, cwd=folder)
        assert done.returncode == 2
        assert said in done.stderr
