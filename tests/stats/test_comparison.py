import numpy as np
import pytest
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import compare_taus, compare_values, holm, predictive_tau


def table(rng, effects, replicates, spread=1.0):
    """Values with a replicate effect that all share and noise of each strategy's own size."""
    sizes = spread * np.linspace(0.5, 1.5, len(effects))
    shared = rng.normal(size=replicates)
    return {
        f"s{i}": effect + shared + size * rng.normal(size=replicates)
        for i, (effect, size) in enumerate(zip(effects, sizes, strict=True))
    }


def true_ranks(effects):
    """All ranks that a true value may have among ties."""
    effects = np.asarray(effects)
    return [(1 + (effects > e).sum(), len(effects) - (effects < e).sum()) for e in effects]


def holds(found, effects):
    return [
        rank.low <= low and high <= rank.high
        for rank, (low, high) in zip(found.ranks, true_ranks(effects), strict=True)
    ]


TIED = (0, 0, 0, 0, 0, 0, 0, 0)
SOME_TIED = (0, 0, 0, 4, 4, 8, 8, 8)
LADDER = (0, 1, 2, 3, 4, 5, 6, 7)


def shares(effects, family, draws, replicates=6):
    rng = np.random.default_rng(1)
    held = [
        holds(compare_values(table(rng, effects, replicates), family=family), effects)
        for _ in range(draws)
    ]
    return np.all(held, axis=1).mean(), np.mean(held, axis=0).min()


@pytest.mark.parametrize("effects", [TIED, SOME_TIED])
def test_all_ranges_of_a_table_hold_at_once(effects):
    together, _ = shares(effects, "all", 150)
    # 0.95 less two standard errors of 150 draws.
    assert together >= 0.914


@pytest.mark.slow
@pytest.mark.parametrize("effects", [TIED, SOME_TIED, LADDER])
@pytest.mark.parametrize("replicates", [3, 6, 12])
def test_coverage_in_full(effects, replicates):
    together, _ = shares(effects, "all", 600, replicates)
    _, single = shares(effects, "own", 600, replicates)
    # 0.95 less two standard errors, and less three for the lowest of eight.
    assert together >= 0.932
    assert single >= 0.923


def test_what_the_data_tell_apart_is_told_apart():
    rng = np.random.default_rng(1)
    found = compare_values(table(rng, (0, 0, 100, 100), 8))
    assert [rank.low for rank in found.ranks] == [3, 3, 1, 1]
    assert [rank.high for rank in found.ranks] == [4, 4, 2, 2]
    lower = compare_values(table(rng, (0, 0, 100, 100), 8), better="lower")
    assert [(rank.low, rank.high) for rank in lower.ranks] == [(1, 2), (1, 2), (3, 4), (3, 4)]


def test_differences_are_students_with_holms_correction_over_strategies():
    rng = np.random.default_rng(3)
    values = table(rng, (0, 1, 2, 5), 7)
    found = compare_values(values, ("s0", "s3", "absent"), level=0.9)
    assert [(d.first, d.second) for d in found.differences] == [
        ("s1", "s0"), ("s2", "s0"), ("s3", "s0"), ("s0", "s3"), ("s1", "s3"), ("s2", "s3"),
    ]  # fmt: skip
    for row in found.differences:
        test = stats.ttest_rel(values[row.first], values[row.second])
        assert row.p_value == pytest.approx(test.pvalue)
        assert (row.low, row.high) == pytest.approx(test.confidence_interval(0.9))
        assert row.n == 7
    for family in (found.differences[:3], found.differences[3:], found.pairs):
        assert [d.p_adjusted for d in family] == list(holm([d.p_value for d in family]))
    assert len(found.pairs) == 6


def test_the_order_of_strategies_changes_no_range():
    rng = np.random.default_rng(3)
    values = table(rng, (0, 5, 1, 9, 4), 6)
    backwards = dict(reversed(values.items()))
    for family in ("all", "own"):
        found = compare_values(values, family=family).ranks
        assert set(found) == set(compare_values(backwards, family=family).ranks)


def test_ranks_lie_in_their_ranges_and_own_ranges_are_no_wider():
    rng = np.random.default_rng(5)
    for _ in range(30):
        values = table(rng, (0, 1, 2, 5, 6, 6), 6)
        joint, own = (compare_values(values, family=f).ranks for f in ("all", "own"))
        for one, other in zip(joint, own, strict=True):
            assert one.low <= other.low <= other.rank <= other.high <= one.high
            assert one.rank == other.rank


def test_missing_replicates_leave_the_pairs_of_one_strategy_alone():
    rng = np.random.default_rng(5)
    values = table(rng, (0, 100, 200), 6)
    values["s1"][2] = np.nan
    found = compare_values(values, ("s0",))
    assert [d.n for d in found.differences] == [5, 6]
    assert [(r.rank, r.low, r.high) for r in found.ranks] == [(3, 3, 3), (2, 2, 2), (1, 1, 1)]
    values["s1"][:] = np.nan
    found = compare_values(values, ("s0",))
    assert found.differences[0].mean is None
    assert [(r.rank, r.low, r.high) for r in found.ranks] == [(2, 2, 3), (None, 1, 3), (1, 1, 2)]


def test_equal_values_are_ties_and_one_strategy_is_first():
    found = compare_values({"a": [1.0, 2.0], "b": [1.0, 2.0]})
    assert [(r.rank, r.low, r.high) for r in found.ranks] == [(1, 1, 2), (1, 1, 2)]
    (alone,) = compare_values({"a": [1.0, 2.0]}).ranks
    assert (alone.rank, alone.low, alone.high) == (1, 1, 1)


def test_rows_must_match():
    with pytest.raises(InputError, match="a, b: 2 and 3 rows"):
        compare_values({"a": [1, 2], "b": [1, 2, 3]})


def rankings(rng, n=60, s=5):
    truth = rng.normal(size=n)
    noise = {"good": 0.3, "same": 0.3, "blind": 9.0}
    scores = {k: truth[:, None] + sd * rng.normal(size=(n, s)) for k, sd in noise.items()}
    return scores, truth[:, None] + 0.3 * rng.normal(size=(n, 3))


def test_taus_are_compared_on_common_architectures():
    scores, actual = rankings(np.random.default_rng(0))
    found = compare_taus(scores, actual, ("good",), resamples=199)
    taus = {k: predictive_tau(v, actual, resamples=99).tau_b for k, v in scores.items()}
    for row in (*found.differences, *found.pairs):
        assert row.mean == pytest.approx(taus[row.first] - taus[row.second])
        assert row.low < row.mean < row.high
    assert [(r.low, r.high) for r in found.ranks] == [(1, 2), (1, 2), (3, 3)]


def test_a_missing_replicate_of_scores_leaves_its_pairs_alone():
    scores, actual = rankings(np.random.default_rng(0))
    scores["same"][:, 1] = np.nan
    scores["none"] = np.full((60, 5), np.nan)
    scores["good"][7, 0] = np.nan
    numbers = ({name: np.arange(5) for name in scores}, np.arange(10, 13))
    found = compare_taus(scores, actual, ("good",), replicates=numbers, resamples=199)
    assert [(row.first, row.n) for row in found.differences] == [
        ("same", 4), ("blind", 5), ("none", 0),
    ]  # fmt: skip
    assert [rank.rank for rank in found.ranks][3] is None
    assert (found.ranks[3].low, found.ranks[3].high) == (1, 4)


def test_numbers_of_columns_must_agree():
    scores, actual = rankings(np.random.default_rng(0))
    scores["good"] = scores["good"][:, :3]
    with pytest.raises(InputError, match="differ in their number of columns"):
        compare_taus(scores, actual)


@pytest.mark.slow
def test_equally_good_rankers_are_rarely_told_apart():
    """Errors that strategies share in part, and supernets of their own quality."""
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(300):
        truth, common = rng.normal(size=(2, 48, 1))
        actual = truth + 0.3 * rng.normal(size=(48, 3))
        scores = {
            f"s{i}": rng.normal(0.6, 0.2, size=6) * truth
            + 0.5 * common
            + 0.6 * rng.normal(size=(48, 6))
            for i in range(5)
        }
        found = compare_taus(scores, actual, resamples=199)
        wrong += any((rank.low, rank.high) != (1, 5) for rank in found.ranks)
    assert wrong / 300 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)
