"""Rows of the yardstick against an independent computation of everything in them."""

from itertools import combinations
from math import asin, pi, sin

import numpy as np
import pytest
from scipy import stats

from imbnas.errors import InputError
from imbnas.suites.schema import Training
from imbnas.yardstick.external_table import ExternalCell, ExternalTable
from imbnas.yardstick.measured import Measured
from imbnas.yardstick.report import AGREEMENT, COST, Report, check_relative_to

N = 30
RNG = np.random.default_rng(4)
TRUTH = RNG.normal(size=N)
OTHERS = TRUTH + 0.4 * RNG.normal(size=N)
NAMES = tuple(f"a{number:02}" for number in range(N))
BALANCED = Training(condition="digits@1x", scheme="ce")
TAILED = Training(condition="digits@10x", scheme="cb-drw")


def made(label, training=BALANCED, noise=0.5, cost=10.0, replicates=3, rows=slice(None), **more):
    rng = np.random.default_rng(hash((noise, cost)) % 2**32)
    accuracy = 50 + TRUTH[:, None] + noise * rng.normal(size=(N, replicates))
    names = NAMES[rows]
    fields = {
        "fidelity": label,
        "training": training,
        "architectures": names,
        "functional_ids": names,
        "accuracy": accuracy[rows],
        "core_seconds": np.full((len(names), replicates), cost),
        "stack": 1,
    }
    return Measured(**fields | more)


def table_of(values=OTHERS, names=NAMES):
    cells = [
        ExternalCell(architecture=name, functional_id=name, values=(float(value), -float(value)))
        for name, value in zip(names, values, strict=True)
    ]
    return ExternalTable(name="t.csv", columns=("acc", "error"), cells=tuple(cells), notes=())


def rows_of(*runs, relative_to="base", **more):
    report = Report(more.pop("table", table_of()), runs, relative_to, **more)
    return report.frame(), list(report.notes())


def tau(x, y):
    return float(stats.kendalltau(x, y).statistic)


def seed_tau(run):
    return np.mean([tau(a, b) for a, b in combinations(run.accuracy.T, 2)])


def r(value):
    return sin(pi / 2 * value)


def test_every_number_of_a_row_follows_from_scipys_tau() -> None:
    base, cheap = made("base"), made("cheap", noise=0.9, cost=4.0)
    frame, notes = rows_of(base, cheap)
    assert notes == []
    assert list(frame.columns) == [
        *COST, *(f"{name} acc" for name in AGREEMENT), *(f"{name} error" for name in AGREEMENT)
    ]  # fmt: skip
    best = tau(base.accuracy.mean(axis=1), OTHERS)
    for (_, row), run, ratio in zip(frame.iterrows(), (base, cheap), (1.0, 0.4), strict=True):
        repeats, agrees = seed_tau(run), tau(run.accuracy.mean(axis=1), OTHERS)
        mean_of_3 = 3 * r(repeats) / (1 + 2 * r(repeats))
        needed = r(0.8) * (1 - r(repeats)) / (r(repeats) * (1 - r(0.8)))
        cost = 10.0 * ratio
        assert row["core_seconds"] == pytest.approx(cost)
        assert row["core_seconds_ratio"] == pytest.approx(ratio)
        assert row["seed_tau"] == pytest.approx(repeats)
        assert row["seed_tau_low"] < repeats < row["seed_tau_high"]
        assert row["ceiling"] == pytest.approx(2 / pi * asin(mean_of_3))
        assert row["replicates_to_ceiling"] == pytest.approx(needed)
        assert row["core_seconds_to_ceiling"] == pytest.approx(max(1.0, needed) * cost)
        assert row["tau acc"] == pytest.approx(agrees)
        assert row["tau_low acc"] < agrees < row["tau_high acc"]
        assert row["tau error"] == pytest.approx(-agrees)
        limit = r(agrees) / mean_of_3**0.5
        assert row["limit acc"] == pytest.approx(2 / pi * asin(min(limit, 1.0)))
        wanted = (r(best) / min(limit, 1.0)) ** 2
        spent = wanted * (1 - r(repeats)) / (r(repeats) * (1 - wanted)) if wanted < 1 else np.nan
        assert row["core_seconds_to_best acc"] == pytest.approx(max(1.0, spent) * cost, nan_ok=True)
        assert row["best_for_cost acc"] is True
        assert np.isnan(row["core_seconds_to_best error"])
    first, second = frame["tau acc"]
    assert frame["difference acc"].isna()[0]
    assert frame["difference acc"][1] == pytest.approx(second - first)
    assert frame["difference_low acc"][1] < second - first < frame["difference_high acc"][1]


def test_the_best_as_it_was_run_costs_what_it_did() -> None:
    frame, _ = rows_of(made("base"), made("noisy", noise=2.0))
    assert frame["core_seconds_to_best acc"][0] == pytest.approx(3 * 10.0)


def test_what_is_dearer_and_no_better_is_not_best_for_its_cost() -> None:
    base = made("base")
    dear = made("dear", accuracy=base.accuracy, core_seconds=2 * base.core_seconds)
    frame, _ = rows_of(base, dear)
    assert list(frame["best_for_cost acc"]) == [True, False]
    assert frame["difference acc"][1] == 0


def test_trainings_are_compared_with_their_like() -> None:
    frame, _ = rows_of(
        made("base"), made("base", TAILED, cost=20.0), made("other", TAILED, noise=0.7, cost=5.0)
    )
    assert list(frame["core_seconds_ratio"]) == pytest.approx([1.0, 1.0, 0.25])
    assert list(frame["condition"]) == ["digits@1x", "digits@10x", "digits@10x"]


def test_ratio_and_difference_are_of_the_cells_of_both_and_missing_ones_are_counted() -> None:
    base = made("base", rows=slice(0, 20))
    seconds = np.full((N, 3), 10.0)
    seconds[20:] = 1000.0  # of cells that the baseline does not have
    other = made("other", noise=0.8, core_seconds=seconds)
    other.accuracy[3, 1] = np.nan
    other.core_seconds[5] = np.nan
    frame, notes = rows_of(base, other, table=table_of(OTHERS[:28], NAMES[:28]))
    row = frame.iloc[1]
    assert row["core_seconds_ratio"] == pytest.approx(1.0)
    kept = [each for each in range(20) if each != 3]
    change = tau(other.accuracy[kept].mean(axis=1), OTHERS[kept])
    change -= tau(base.accuracy[kept].mean(axis=1), OTHERS[kept])
    assert row["difference acc"] == pytest.approx(change)
    assert (row["cells"], row["cells_compared acc"], row["n_missing"]) == (30, 27, 1)
    assert notes == [
        "other: 2 of 30 cells are not in t.csv",
        "other, digits@1x with scheme ce: 1 of 90 trainings have no result",
        "other, digits@1x with scheme ce: 3 records do not tell their processor seconds",
    ]


def test_what_a_single_replicate_cannot_tell_is_missing() -> None:
    frame, notes = rows_of(made("base", replicates=1, stack=3), made("b", replicates=1, stack=3))
    for name in ("seed_tau", "ceiling", "replicates_to_ceiling", "core_seconds_to_ceiling"):
        assert frame[name].isna().all()
    assert frame["limit acc"].isna().all()
    assert frame["tau acc"].notna().all()
    assert len(notes) == 2
    assert "1 replicates in stacks of 3" in notes[0]


def test_few_cells_have_no_intervals() -> None:
    frame, _ = rows_of(made("base", rows=slice(9)), made("b", noise=0.6, rows=slice(9)))
    assert frame["tau acc"].notna().all()
    bounds = [name for name in frame if "_low" in name or "_high" in name]
    assert len(bounds) == 2 * 2 + 2 * 2 * 3
    assert frame[bounds].isna().all(axis=None)


def test_nothing_done_gives_rows_without_numbers() -> None:
    run = made("base", accuracy=np.full((N, 3), np.nan), core_seconds=np.full((N, 3), np.nan))
    frame, notes = rows_of(run)
    assert frame["n_missing"][0] == 90
    unknown = ["tau acc", "seed_tau", "core_seconds", "core_seconds_ratio"]
    assert frame[unknown].isna().all(axis=None)
    assert notes == ["base, digits@1x with scheme ce: 90 of 90 trainings have no result"]


def test_the_baseline_must_be_there() -> None:
    assert check_relative_to(None, ["a", "b"]) == "a"
    assert check_relative_to("b", ["a", "b"]) == "b"
    with pytest.raises(InputError, match="--relative-to c: not among a, b"):
        check_relative_to("c", ["a", "b"])
