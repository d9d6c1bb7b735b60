import pytest
from scipy import stats

from imbnas.errors import InputError
from imbnas.stats import sparse_tau, tau_b


def test_small_differences_become_ties():
    x, y = [0.9001, 0.9003, 0.95, 0.97], [0.80, 0.70, 0.8502, 0.8498]
    rounded = stats.kendalltau([900, 900, 950, 970], [800, 700, 850, 850]).statistic
    assert sparse_tau(x, y, step=0.001) == pytest.approx(rounded)
    assert sparse_tau(x, y, step=1e-6) == pytest.approx(tau_b(x, y))


def test_percent_and_fraction_agree():
    x, y = [90.05, 90.15, 91.25, 70.0], [50.0, 60.05, 60.15, 10.0]
    fractions = sparse_tau([v / 100 for v in x], [v / 100 for v in y], step=0.001)
    assert sparse_tau(x, y, step=0.1) == pytest.approx(fractions)


def test_everything_tied_is_none():
    assert sparse_tau([0.1, 0.2], [1, 5], step=1) is None


@pytest.mark.parametrize("step", [0, -1, float("nan"), float("inf")])
def test_step_must_be_positive(step):
    with pytest.raises(InputError, match="step"):
        sparse_tau([1, 2], [1, 2], step=step)
