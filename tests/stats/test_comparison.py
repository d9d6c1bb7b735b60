import numpy as np
import pytest
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import compare_taus, compare_values, holm, predictive_tau

from .chance import least, most


def table(rng, effects, replicates):
    """Values with a replicate effect that all share and noise of each strategy's own size."""
    return {f"s{i}": row for i, row in enumerate(tables(rng, effects, replicates, 1)[0])}


def tables(rng, effects, replicates, draws):
    """Shape (draws, strategies, replicates)."""
    shared = rng.normal(size=(draws, 1, replicates))
    sizes = np.linspace(0.5, 1.5, len(effects))
    own = sizes[:, None] * rng.normal(size=(draws, len(effects), replicates))
    return np.asarray(effects, dtype=float)[:, None] + shared + own


def adjusted(p_values):
    """Holm's along the last axis."""
    order = np.argsort(p_values, axis=-1)
    steps = np.arange(p_values.shape[-1], 0, -1) * np.take_along_axis(p_values, order, -1)
    found = np.empty_like(p_values)
    highest = np.minimum(1, np.maximum.accumulate(steps, axis=-1))
    np.put_along_axis(found, order, highest, -1)
    return found


def ranges(values, family):
    """(low, high) ranks of many tables at once, shape (draws, strategies, 2), by another road."""
    number, replicates = values.shape[1:]
    difference = values[:, :, None] - values[:, None]
    mean = difference.mean(axis=-1)
    error = difference.std(axis=-1, ddof=1) / np.sqrt(replicates)
    off = ~np.eye(number, dtype=bool)
    p_values = np.ones(mean.shape)
    p_values[:, off] = 2 * stats.t.sf(np.abs(mean[:, off]) / error[:, off], replicates - 1)
    if family == "own":
        rows = p_values[:, off].reshape(-1, number, number - 1)
        p_values[:, off] = adjusted(rows).reshape(len(values), -1)
    else:
        upper = np.triu_indices(number, 1)
        corrected = adjusted(p_values[:, *upper])
        p_values[:, *upper] = corrected
        p_values[:, *upper[::-1]] = corrected
    shown = p_values <= 0.05
    ahead, behind = (shown & (mean > 0)).sum(axis=-1), (shown & (mean < 0)).sum(axis=-1)
    return np.stack([1 + behind, number - ahead], axis=-1)


def held(values, effects, family):
    """Whether each strategy's range holds all ranks that it may have, shape (draws, strategies)."""
    effects = np.asarray(effects)
    best = 1 + (effects > effects[:, None]).sum(axis=1)
    worst = len(effects) - (effects < effects[:, None]).sum(axis=1)
    low, high = np.moveaxis(ranges(values, family), -1, 0)
    return (low <= best) & (worst <= high)


TIED = (0, 0, 0, 0, 0, 0, 0, 0)
SOME_TIED = (0, 0, 0, 4, 4, 8, 8, 8)
LADDER = (0, 1, 2, 3, 4, 5, 6, 7)
CLOSE = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


@pytest.mark.parametrize("effects", [SOME_TIED, CLOSE, LADDER])
@pytest.mark.parametrize("family", ["all", "own"])
def test_ranges_are_those_of_many_tables_at_once(effects, family):
    values = tables(np.random.default_rng(4), effects, 6, 20)
    for one, (low, high) in zip(values, np.moveaxis(ranges(values, family), 2, 1), strict=True):
        found = compare_values({f"s{i}": row for i, row in enumerate(one)}, family=family).ranks
        assert [rank.low for rank in found] == low.tolist()
        assert [rank.high for rank in found] == high.tolist()


@pytest.mark.parametrize("effects", [TIED, SOME_TIED, LADDER, CLOSE])
@pytest.mark.parametrize("replicates", [3, 6, 12])
def test_ranges_hold(effects, replicates):
    """A pair of ties far from all others is a single test: no share above 0.95 can be asked."""
    draws = 10_000
    values = tables(np.random.default_rng(1), effects, replicates, draws)
    together = held(values, effects, "all").all(axis=1).mean()
    single = held(values, effects, "own").mean(axis=0).min()
    print(f"{effects}, {replicates}: {together:.4f} at once, {single:.4f} singly")  # noqa: T201
    assert together >= least(0.95, draws)
    assert single >= least(0.95, draws)


@pytest.mark.parametrize("effects", [TIED, SOME_TIED, CLOSE])
@pytest.mark.parametrize("replicates", [3, 6, 12])
def test_skewed_values_cost_little(effects, replicates):
    """Exponential noise of unequal size, such as regrets have, and no noise in common."""
    draws, rng = 10_000, np.random.default_rng(1)
    sizes = np.linspace(0.5, 1.5, len(effects))[:, None]
    values = np.asarray(effects, dtype=float)[:, None]
    values = values + sizes * (rng.exponential(size=(draws, len(effects), replicates)) - 1)
    together = held(values, effects, "all").all(axis=1).mean()
    single = held(values, effects, "own").mean(axis=0).min()
    print(f"skewed {effects}, {replicates}: {together:.4f} at once, {single:.4f} singly")  # noqa: T201
    assert together >= least(0.93, draws)
    assert single >= least(0.89, draws)


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


@pytest.mark.parametrize("there", [0, 1])
def test_a_strategy_with_too_few_replicates_yet_counts_in_the_correction(there):
    values = table(np.random.default_rng(3), (0, 1, 2), 7)
    known = compare_values(values, ("s0",)).differences
    begun = np.where(np.arange(7) < there, 0.5, np.nan)
    found = compare_values(values | {"s3": begun}, ("s0",)).differences
    assert [d.p_value for d in found] == [*(d.p_value for d in known), None]
    adjusted = holm([d.p_value for d in known], awaited=1)
    assert [d.p_adjusted for d in found] == [*adjusted, None]
    assert adjusted != tuple(d.p_adjusted for d in known)


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
    assert wrong / 300 <= most(0.05, 300)
