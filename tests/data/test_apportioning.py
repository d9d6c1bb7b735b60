from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.data.apportioning import keep_proportions, level_out

CLASSES = st.lists(st.integers(1, 60), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("available", "total", "counts"),
    [
        ([100, 100, 100], 30, [10, 10, 10]),
        ([100, 100, 100], 32, [11, 11, 10]),
        ([100, 5, 40], 60, [28, 5, 27]),
        ([100, 5, 40], 145, [100, 5, 40]),
        ([100, 5, 40], 900, [100, 5, 40]),
        ([3, 4, 5], 2, [1, 1, 0]),
    ],
)
def test_levelling_by_hand(available, total, counts):
    assert level_out(available, total).tolist() == counts


@given(CLASSES, st.integers(0, 500))
def test_levelling_gives_image_after_image_to_the_smallest_class(available, total):
    counts = [0] * len(available)
    for _ in range(min(total, sum(available))):
        open_classes = [c for c in range(len(counts)) if counts[c] < available[c]]
        counts[min(open_classes, key=lambda c: (counts[c], c))] += 1
    assert level_out(available, total).tolist() == counts


@pytest.mark.parametrize(
    ("available", "total", "counts"),
    [
        ([100, 50, 10], 16, [10, 5, 1]),
        ([100, 50, 10], 17, [11, 5, 1]),
        ([1000, 10, 1], 100, [98, 1, 1]),
        ([1000, 10, 1], 3, [1, 1, 1]),
        ([7, 7, 7], 20, [7, 7, 6]),
    ],
)
def test_proportions_by_hand(available, total, counts):
    assert keep_proportions(available, total).tolist() == counts


@given(CLASSES, st.data())
def test_proportions_are_kept_to_within_one_image(available, data):
    total = data.draw(st.integers(len(available), sum(available)))
    counts = keep_proportions(available, total).tolist()
    assert sum(counts) == total
    assert all(1 <= kept <= n for kept, n in zip(counts, available, strict=True))
    rest, whole = Fraction(total), sum(available)
    for n, kept in sorted(zip(available, counts, strict=True)):
        if n * rest < whole:  # a share below one image
            assert kept == 1
            rest, whole = rest - 1, whole - n
        else:
            assert abs(kept - n * rest / whole) < 1
    ranked = sorted(zip(available, counts, strict=True))
    assert all(kept <= more for (n, kept), (m, more) in pairwise(ranked) if n < m)
