import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.data import PROFILES
from imbnas.data.profiles import exponential, natural, pareto, step

# Table of the published long-tailed CIFAR sets: ratio, total, largest, smallest class.
CIFAR10 = [(10, 20431, 500), (20, 17023, 250), (50, 13996, 100), (100, 12406, 50), (200, 11203, 25)]
CIFAR100 = [(10, 19573, 50), (20, 15907, 25), (50, 12608, 10), (100, 10847, 5), (200, 9502, 2)]


@pytest.mark.parametrize(("ratio", "total", "smallest"), CIFAR10)
def test_exponential_profile_of_cifar10(ratio, total, smallest):
    counts = exponential([5000] * 10, ratio)
    assert (counts.sum(), counts[0], counts[-1]) == (total, 5000, smallest)


@pytest.mark.parametrize(("ratio", "total", "smallest"), CIFAR100)
def test_exponential_profile_of_cifar100(ratio, total, smallest):
    counts = exponential([500] * 100, ratio)
    assert (counts.sum(), counts[0], counts[-1]) == (total, 500, smallest)


def test_every_class_of_cifar10_at_100():
    assert exponential([5000] * 10, 100).tolist() == [
        *(5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50),
    ]


@pytest.mark.parametrize("ratio", [10, 20, 50, 100, 200, 400, 800, 1000])
@pytest.mark.parametrize(("n_max", "classes"), [(5000, 10), (500, 100)])
def test_guarding_against_rounding_changes_no_published_count(ratio, n_max, classes):
    published = [int(n_max * (1 / ratio) ** (rank / (classes - 1.0))) for rank in range(classes)]
    assert exponential([n_max] * classes, ratio).tolist() == published


def test_a_quotient_that_is_whole_is_not_rounded_below_it():
    assert int(49 * (1 / 49)) == 0
    assert exponential([49] * 3, 49)[-1] == 1


def test_step_profile_gives_the_smaller_half_to_the_head():
    assert step([100] * 5, 20).tolist() == [100, 100, 5, 5, 5]


def test_pareto_profile_is_close_to_imagenet_lt():
    counts = pareto([1280] * 1000, 256)
    assert (counts[0], counts[-1]) == (1280, 5)
    assert abs(counts.sum() / 115_846 - 1) < 0.1


def test_natural_profile_keeps_everything():
    assert natural([3, 9, 1], 1.0).tolist() == [3, 9, 1]


@given(
    profile=st.sampled_from(["exp", "step", "pareto"]),
    available=st.lists(st.integers(1, 5000), min_size=2, max_size=120),
    ratio=st.floats(1, 2000),
)
def test_constructed_profiles_fall_from_the_smallest_class_to_its_ratio(profile, available, ratio):
    n_max = min(available)
    counts = PROFILES.get(profile)(available, ratio)
    assert len(counts) == len(available)
    assert np.all(np.diff(counts) <= 0)
    assert counts[0] == n_max
    assert counts[-1] in {int(n_max / ratio), round(n_max / ratio)}
    assert abs(counts[-1] - n_max / ratio) < 1


@given(
    profile=st.sampled_from(["exp", "step", "pareto"]),
    n_max=st.integers(1, 5000),
    classes=st.integers(2, 120),
    ratios=st.tuples(st.floats(1, 500), st.floats(1, 500)),
)
def test_a_larger_ratio_gives_no_class_more(profile, n_max, classes, ratios):
    low, high = sorted(ratios)
    build = PROFILES.get(profile)
    assert np.all(build([n_max] * classes, high) <= build([n_max] * classes, low))


@given(profile=st.sampled_from(["exp", "step", "pareto"]), n_max=st.integers(1, 5000))
def test_ratio_one_is_balanced(profile, n_max):
    assert PROFILES.get(profile)([n_max] * 7, 1.0).tolist() == [n_max] * 7
