"""What a run of a suite's size can show, from its size and from published noise."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imbnas.planning.detectable import detectable
from imbnas.resources import published_folder
from imbnas.stats import smallest_detectable_change
from imbnas.suites.fidelity import PopulationRule
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import Training

from ..factories import resolve, varied


def sized(tiny_suite: Path, size: int = 12, replicates: int = 4, **parts: object) -> ResolvedSuite:
    drawn = PopulationRule(size=size, seed=3)
    only = {"only": {"population": drawn}}
    return resolve(tiny_suite, replicates=replicates, fidelities=only, parts=parts)


def nowhere(title: str) -> None:
    return None


def power_of_t(difference: float, n: int, comparisons: int) -> float:
    """Chance that a two-sided paired t test finds a difference, at Holm's first step."""
    shift, critical = difference * np.sqrt(n), stats.t.isf(0.025 / comparisons, n - 1)
    return float(stats.nct.sf(critical, n - 1, shift) + stats.nct.cdf(-critical, n - 1, shift))


def test_strategies_differ_by_what_a_t_test_finds_four_times_in_five(tiny_suite: Path) -> None:
    (found,) = detectable(sized(tiny_suite), ["adaptation"], nowhere).differences
    assert (found.parts, found.replicates, found.comparisons) == (("adaptation",), 4, 1)
    assert found.standard_deviations is not None
    assert power_of_t(found.standard_deviations, 4, 1) == pytest.approx(0.8, abs=1e-3)
    assert (found.percentage_points, found.percentage_points_from) == (None, None)


def test_every_strategy_and_searcher_but_one_is_a_comparison(tiny_suite: Path) -> None:
    resolved = sized(tiny_suite)
    more = varied(resolved.suite.parts["adaptation"], searchers=("random",))
    resolved = varied(resolved, suite={"parts": {"more": more}})
    plain, other = detectable(resolved, ["adaptation", "more"], nowhere).differences
    assert (plain.comparisons, other.comparisons) == (1, 3)
    assert other.standard_deviations is not None
    assert power_of_t(other.standard_deviations, 4, 3) == pytest.approx(0.8, abs=1e-3)


def test_parts_of_one_size_stand_together(tiny_suite: Path) -> None:
    resolved = sized(tiny_suite)
    again = {"again": resolved.suite.parts["adaptation"]}
    (found,) = detectable(varied(resolved, suite={"parts": again}), None, nowhere).differences
    assert found.parts == ("adaptation", "again")


def test_replicates_that_share_images_are_split_between_the_sides(tiny_suite: Path) -> None:
    resolved = sized(tiny_suite)
    (found,) = detectable(resolved, ["transfer"], nowhere).changes
    assert (found.networks, found.replicates, found.comparisons) == (12, 2, 1)
    assert (found.seed_tau, found.seed_tau_from) == (0.5, "assumed")
    least = smallest_detectable_change(12, 2, 0.5)
    assert found.true_tau == (least.true_tau if least else None)
    halves = {
        "reference": Training(condition="digits@1x:half-1"),
        "targets": (Training(condition="digits@10x:half-2"),),
    }
    (apart,) = detectable(sized(tiny_suite, transfer=halves), ["transfer"], nowhere).changes
    assert apart.replicates == 4
    assert apart.true_tau is not None
    assert found.true_tau is None or apart.true_tau > found.true_tau


def test_too_few_networks_or_replicates_show_no_change(tiny_suite: Path) -> None:
    few = detectable(sized(tiny_suite, size=9), ["transfer"], nowhere).changes[0]
    once = detectable(sized(tiny_suite, replicates=1), None, nowhere)
    assert (few.networks, few.true_tau, once.changes[0].true_tau) == (9, None, None)
    assert once.differences[0].standard_deviations is None


def test_noise_is_that_of_published_tables_where_there_are_any(
    tiny_suite: Path, tmp_path: Path
) -> None:
    taus = {"part": ["transfer", "other"], "seed_tau_x": [0.6, 0.1], "seed_tau_y": [0.8, 0.1]}
    pd.DataFrame(taus).to_csv(tmp_path / "rank_correlation.csv", index=False)
    spreads = {"part": ["adaptation a -> b"] * 2 + ["x"], "accuracy_sd": [3.0, 4.0, 99.0]}
    pd.DataFrame(spreads).to_csv(tmp_path / "adaptation.csv", index=False)
    resolved = sized(tiny_suite)
    found = detectable(resolved, None, lambda title: tmp_path)
    assert found.changes[0].seed_tau == pytest.approx(0.7)
    assert found.changes[0].seed_tau_from == resolved.title == "tiny@1/only"
    (difference,) = found.differences
    assert difference.standard_deviations is not None
    # The difference of two strategies of variance 9 and 16, on average.
    expected = difference.standard_deviations * np.sqrt(9 + 16)
    assert difference.percentage_points == pytest.approx(expected)
    (tmp_path / "rank_correlation.csv").unlink()
    assert detectable(resolved, None, lambda title: tmp_path).changes[0].seed_tau == 0.5


def test_published_tables_are_found_by_title() -> None:
    assert published_folder("no-such-suite@1/mini") is None
    found = published_folder("lt-digits@2/mini")
    assert found is None or (found / "rank_correlation.csv").is_file()
