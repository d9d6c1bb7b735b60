import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import kendall, tau_b
from imbnas.stats.bootstrap import resample_counts

pairs_of_columns = st.integers(2, 40).flatmap(
    lambda n: st.tuples(
        *[st.lists(st.integers(-3, 3).map(float), min_size=n, max_size=n) for _ in range(2)]
    )
)


def scipy_tau(x, y):
    return stats.kendalltau(x, y).statistic


def test_by_hand():
    # Pairs: (1,2) tied in x, (1,3) and (2,3) concordant: 2 / sqrt(2 * 3).
    assert tau_b([1, 1, 2], [1, 2, 3]) == pytest.approx(2 / np.sqrt(6), abs=1e-15)


@given(pairs_of_columns)
def test_equals_scipy_with_ties(columns):
    x, y = columns
    expected = scipy_tau(x, y)
    found = tau_b(x, y)
    if np.isnan(expected):
        assert found is None
    else:
        assert found == pytest.approx(expected, abs=1e-12)


@given(pairs_of_columns, st.integers(1, 6))
def test_cutting_into_blocks_changes_nothing(columns, block):
    x, y = (np.array(column) for column in columns)
    counts = resample_counts(len(x), 5, np.random.default_rng(0))
    whole = kendall.concordance(x, y, counts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kendall, "MIN_BLOCK", block)
        patch.setattr(kendall.math, "isqrt", lambda _: 1)
        cut = kendall.concordance(x, y, counts)
    assert np.array_equal(whole, cut)


@pytest.mark.parametrize("levels", [None, 28, 5])
def test_resamples_equal_scipy_on_repeated_rows(levels):
    rng = np.random.default_rng(3)
    n = 900
    x = rng.normal(size=n)
    y = x + rng.normal(size=n)
    if levels:
        x, y = np.round(x * levels / 6), np.round(y * levels / 6)
    counts = resample_counts(n, 4, rng)
    found = kendall.tau_b_resampled([x, y], [(0, 1)], counts)[0]
    for tau, drawn in zip(found, counts, strict=True):
        rows = np.repeat(np.arange(n), drawn)
        assert tau == pytest.approx(scipy_tau(x[rows], y[rows]), abs=1e-12)


def test_chunks_and_threads_change_no_byte(monkeypatch):
    rng = np.random.default_rng(4)
    columns = list(rng.normal(size=(3, 300)))
    counts = resample_counts(300, 150, rng)
    pairs = [(0, 1), (0, 2), (1, 2)]
    plain = kendall.tau_b_resampled(columns, pairs, counts)
    monkeypatch.setattr(kendall, "PART_CELLS", 1)
    monkeypatch.setattr(kendall, "PARALLEL_CELLS", 1)
    assert plain.tobytes() == kendall.tau_b_resampled(columns, pairs, counts).tobytes()


def test_perfect_agreement_is_exactly_one():
    x = np.random.default_rng(0).normal(size=1001)
    assert tau_b(x, np.exp(x)) == 1.0
    assert tau_b(x, -x) == -1.0


def test_missing_rows_are_left_out():
    nan = np.nan
    assert tau_b([1, 2, nan, 3], [1, 2, 3, nan]) == 1.0


@pytest.mark.parametrize(
    ("x", "y"), [([1, 1, 1], [1, 2, 3]), ([1], [2]), ([], []), ([np.nan], [1])]
)
def test_undefined_is_none(x, y):
    assert tau_b(x, y) is None


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([1, 2], [1, 2, 3], "2 and 3 rows"),
        ([1, np.inf], [1, 2], "infinite"),
        (["a", "b"], [1, 2], "not an array of numbers"),
        ([[1, 2], [3, 4]], [1, 2], "2 columns"),
        (np.zeros((2, 2, 2)), [1, 2], "shape"),
    ],
)
def test_unusable_input_is_named(x, y, reason):
    with pytest.raises(InputError, match=reason):
        tau_b(x, y)
