"""``benchmark/repeats/compare.py`` on small folders of tables."""

import csv
import math
from itertools import combinations

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from .scripts import BENCHMARK, imported


@pytest.fixture(scope="module")
def repeats():
    with imported("repeats/compare.py") as module:
        yield module


CORRELATION = {
    "part": "transfer", "x": "a@1x", "x_scheme": "ce", "y": "a@20x", "y_scheme": "ce",
    "tau_b": 0.5, "ci_low": 0.4, "ci_high": 0.6, "verdict": "inconclusive", "difference": 0.1,
    "difference_low": -0.1, "difference_high": 0.3, "p_adjusted": 1, "fidelity": "mini",
}  # fmt: skip
ADAPTATION = {
    "part": "adaptation", "strategy": "p1", "source": "a@1x", "target": "a@20x",
    "accuracy_mean": 60, "accuracy_sd": 3, "difference_to_p0": 5, "difference_low": 1,
    "difference_high": 9, "difference_p_adjusted": 0.03, "rank": 2, "rank_low": 1, "rank_high": 3,
    "n_replicates": 6, "n_missing": 0, "fidelity": "mini",
}  # fmt: skip
BUDGET = {
    "part": "adaptation", "strategy": "p1", "condition": "a@20x", "scheme": "ce", "difference": -3,
    "difference_low": -5, "difference_high": -1, "fidelity": "mini",
}  # fmt: skip


def folder(path, *, correlation=(), adaptation=(), budget=()):
    """Tables of one repeat: a row of each, changed as asked; further rows where more are given."""
    path.mkdir(parents=True)
    tables = {
        "rank_correlation": (CORRELATION, correlation),
        "adaptation": (ADAPTATION, adaptation),
        "matched_budget": (BUDGET, budget),
    }
    for name, (row, changes) in tables.items():
        with (path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerows([row | change for change in changes or ({},)])
    return path


def compared(repeats, *folders):
    found = CliRunner().invoke(repeats.main, [str(path) for path in folders])
    return found.exit_code, found.output


def table(repeats, name, *folders):
    return repeats.compare(name, [repeats.read(path / f"{name}.csv") for path in folders])


def test_a_run_and_a_published_folder_are_repeats(repeats, tmp_path):
    folder(tmp_path / "run/tables")
    folder(tmp_path / "published", correlation=[{"tau_b": 0.6, "ci_low": 0.5, "ci_high": 0.7}])
    code, output = compared(repeats, tmp_path / "run", tmp_path / "published")
    assert code == 0
    # |0.5 − 0.6| ≤ √(0.1² + 0.1²).
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert "| transfer | tau_b | 0.5, 0.6 | 0.07071 | 0.1 | 1 of 1 |" in lines
    assert "| rank_correlation | 1 | 1 | 0 | 0 | 0 | 0 |" in lines


def test_a_difference_beyond_the_root_of_squares_does_not_hold(repeats, tmp_path):
    estimates = (0.5, 0.64, 0.65, 0.8)
    folders = [
        folder(
            tmp_path / str(tau),
            correlation=[{"tau_b": tau, "ci_low": tau - 0.1, "ci_high": tau + 0.1}],
        )
        for tau in estimates
    ]
    spread, difference = table(repeats, "rank_correlation", *folders).spreads
    assert (spread.column, spread.pairs) == ("tau_b", 6)
    allowed = math.hypot(0.1, 0.1)
    assert spread.held == sum(b - a <= allowed for a, b in combinations(estimates, 2)) == 2
    assert spread.sd == pytest.approx(np.std(estimates, ddof=1))
    assert spread.half == pytest.approx(0.1)
    assert (difference.sd, difference.held) == (0, 6)


def test_the_halves_that_face_each_other_count(repeats):
    low = repeats.Bounded(0.0, -5.0, 0.1, shown=True)
    high = repeats.Bounded(0.2, 0.1, 9.0, shown=True)
    assert not repeats.within(low, high)
    assert not repeats.within(high, low)
    assert repeats.within(low, repeats.Bounded(0.2, 0.0, 0.2, shown=True))


def test_honest_intervals_of_independent_repeats_hold_in_19_of_20(repeats):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4000, 2))
    bounded = [
        [repeats.Bounded(v, v - 1.96, v + 1.96, shown=True) for v in pair] for pair in values
    ]
    assert np.mean([repeats.within(*pair) for pair in bounded]) == pytest.approx(0.95, abs=0.012)


def test_a_mean_without_an_interval_has_students(repeats, tmp_path):
    one, other = folder(tmp_path / "a"), folder(tmp_path / "b", adaptation=[{"accuracy_mean": 70}])
    spread = next(
        s for s in table(repeats, "adaptation", one, other).spreads if s.column == "accuracy_mean"
    )
    assert spread.half == pytest.approx(stats.t.ppf(0.975, 5) * 3 / math.sqrt(6))
    assert spread.held == 0


def test_contradictions_of_every_kind(repeats, tmp_path):
    one = folder(tmp_path / "a", correlation=[{"verdict": "changed"}])
    worse = {"difference_to_p0": -5, "difference_low": -9, "difference_high": -1}
    other = folder(
        tmp_path / "b",
        correlation=[{"verdict": "not distinguishable from noise"}],
        adaptation=[{**worse, "rank": 4, "rank_low": 4, "rank_high": 5}],
        budget=[{"difference": 3, "difference_low": 1, "difference_high": 5}],
    )
    found = [
        (name, c.kind)
        for name in ("rank_correlation", "adaptation", "matched_budget")
        for c in table(repeats, name, one, other).contradictions
    ]
    assert found == [
        ("rank_correlation", "verdict"),
        ("adaptation", "sign"),
        ("adaptation", "rank"),
        ("matched_budget", "sign"),
    ]
    output = compared(repeats, one, other)[1]
    assert "verdict: changed | not distinguishable from noise" in output
    assert "rank: 2 [1, 3] | 4 [4, 5]" in output
    assert "difference_to_p0: 5 [1, 9] | -5 [-9, -1]" in output


def test_any_other_table_that_says_something_is_compared(repeats, tmp_path):
    folders = [folder(tmp_path / name) for name in "ab"]
    for path, verdict, words in zip(folders, ("better", "worse"), "xy", strict=True):
        text = f"part,metric,strategy,tau_vs_p0\nadaptation,tau,p1,{verdict}\n"
        (path / "standings.csv").write_text(text)
        (path / "words.csv").write_text(f"part,text\nadaptation,{words}\n")
    (folders[0] / "alone.csv").write_text("part,verdict\nadaptation,changed\n")
    assert repeats.names_of(folders) == [*repeats.REQUIRED, "standings"]
    for path in folders:
        (path / "nameless.csv").write_text("text,verdict\nx,changed\ny,changed\n")
    assert "nameless.csv: two rows of ; no name tells them apart" in compared(repeats, *folders)[1]
    (found,) = table(repeats, "standings", *folders).contradictions
    assert (found.kind, found.what) == ("verdict", "tau_vs_p0: better | worse")


def test_what_is_not_shown_contradicts_nothing(repeats, tmp_path):
    one = folder(tmp_path / "a", correlation=[{"verdict": "changed"}])
    worse = {"difference_to_p0": -5, "difference_low": -9, "difference_high": -1}
    unsure = {**worse, "difference_p_adjusted": 0.2, "rank": 3, "rank_low": 3, "rank_high": 5}
    other = folder(tmp_path / "b", adaptation=[unsure])
    assert not table(repeats, "adaptation", one, other).contradictions
    found = table(repeats, "rank_correlation", one, other)
    assert not found.contradictions
    (statement,) = found.statements
    assert statement.said == ("changed", "inconclusive")
    (rank,) = table(repeats, "adaptation", one, other).statements
    assert rank.said == ("1 to 3", "3 to 5")


def test_what_is_missing_is_counted_and_named(repeats, tmp_path):
    one = folder(tmp_path / "a", correlation=[{"ci_low": ""}, {"y": "b@20x"}])
    other = folder(tmp_path / "b", adaptation=[{"n_missing": 2}])
    output = compared(repeats, one, other)[1]
    assert "note: repeat 1: 1 rows that not all repeats have" in output
    assert "note: transfer: tau_b with its interval in 1 of 2 repeats" in output
    assert "note: adaptation: accuracy_mean with its interval in 1 of 2 repeats" in output


def test_rows_are_named_by_what_tells_them_apart(repeats, tmp_path):
    rows = [{}, {"y": "b@20x"}, {"x": "macs", "x_scheme": ""}]
    folders = [folder(tmp_path / name, correlation=rows) for name in "ab"]
    found = table(repeats, "rank_correlation", *folders)
    named = dict.fromkeys(spread.row for spread in found.spreads)
    assert list(named) == ["transfer a@1x a@20x", "transfer a@1x b@20x", "transfer macs a@20x"]


def test_bounds_of_nothing_known_are_named(repeats):
    columns = ["part", "tau_b", "ci_low", "ci_high", "odd_low", "odd_high", "few", "low"]
    found, unknown = repeats.intervals(columns)
    assert [interval.estimate for interval in found] == ["tau_b"]
    assert unknown == ["odd_low"]


@pytest.mark.parametrize("published", ["lt-digits@1", "lt-digits@2"])
def test_published_tables_can_be_read(repeats, published):
    path = BENCHMARK.parent / "leaderboards" / published / "mini"
    code, output = compared(repeats, path, path)
    assert code == 0
    assert "note: " not in output
    found = table(repeats, "rank_correlation", path, path)
    assert found.rows > 20
    assert all(spread.held == spread.pairs and spread.sd == 0 for spread in found.spreads)


def test_what_cannot_be_compared_is_refused_in_one_line(repeats, tmp_path):
    one = folder(tmp_path / "a")
    assert compared(repeats, one) == (2, "Error: RUN: one run has no repeat; give two or more\n")
    code, output = compared(repeats, one, tmp_path)
    assert code == 2
    assert output.startswith(f"Error: {tmp_path}: adaptation.csv, rank_correlation.csv")
    mini = {"fidelity": "smoke"}
    other = folder(tmp_path / "b", correlation=[mini], adaptation=[mini], budget=[mini])
    code, output = compared(repeats, one, other)
    assert (code, output.count("\n")) == (2, 1)
    assert "no row in common" in output
    twice = folder(tmp_path / "c", adaptation=[{}, {}])
    code, output = compared(repeats, one, twice)
    assert (code, output.count("\n")) == (2, 1)
    assert f"{twice / 'adaptation.csv'}: two rows of adaptation; p1" in output
