from hypothesis import given
from hypothesis import strategies as st

from imbnas.data.groups import group_by_count, group_by_rank
from imbnas.data.profiles import exponential


def test_thresholds_are_above_100_and_below_20():
    groups = group_by_count([101, 100, 20, 19])
    assert (groups.many, groups.medium, groups.few) == ((0,), (1, 2), (3,))


def test_a_group_without_classes_is_none():
    groups = group_by_count(exponential([500] * 100, 10).tolist())
    assert (len(groups.many), len(groups.medium), groups.few) == (69, 31, None)


def test_published_group_sizes_of_cifar100():
    for ratio, sizes in {20: (53, 47), 50: (41, 41, 18), 100: (35, 35, 30)}.items():
        groups = group_by_count(exponential([500] * 100, ratio).tolist())
        found = [g for g in (groups.many, groups.medium, groups.few) if g is not None]
        assert tuple(len(group) for group in found) == sizes


def test_ties_follow_the_class_order():
    tertiles = group_by_rank([5, 5, 5], order=(2, 0, 1))
    assert (tertiles.head, tertiles.middle, tertiles.tail) == ((2,), (0,), (1,))


def test_two_classes_have_no_tail():
    assert group_by_rank([1, 9], order=(0, 1)).tail is None


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=60))
def test_groups_and_tertiles_are_partitions(counts):
    groups, tertiles = group_by_count(counts), group_by_rank(counts, range(len(counts)))
    for parts in (groups.model_dump().values(), tertiles.model_dump().values()):
        assert sorted(label for part in parts for label in part or ()) == list(range(len(counts)))
    head, tail = tertiles.head, tertiles.tail
    if head and tail:
        assert min(counts[label] for label in head) >= max(counts[label] for label in tail)
        assert len(head) - len(tail) in {0, 1}
