from hypothesis import given
from hypothesis import strategies as st

from imbnas.data.numeric_order import numeric_order


def ordered(*names):
    return [names[position] for position in numeric_order(names)]


def test_numbers_in_names_count_by_value():
    assert ordered("1", "10", "2") == ["1", "2", "10"]
    assert ordered("c10", "c2", "b", "c") == ["b", "c", "c2", "c10"]
    assert ordered("v1.10", "v1.9", "v1") == ["v1", "v1.9", "v1.10"]
    assert ordered("x", "3", "-1", "") == ["", "3", "-1", "x"]


def test_plain_numbers_may_have_signs_and_points():
    assert ordered("0.5", "0.25", "1.0", "10") == ["0.25", "0.5", "1.0", "10"]
    assert ordered("-1", "-2", "0", "+1") == ["-2", "-1", "0", "+1"]
    assert ordered("1", "01", "2") == ["01", "1", "2"]
    assert ordered("\u0661\u0660", "\u0663", "2") == ["2", "\u0663", "\u0661\u0660"]


@given(st.lists(st.text("019ab²٣"), unique=True))
def test_it_is_an_order_of_all_that_does_not_depend_on_theirs(names):
    assert sorted(numeric_order(names)) == list(range(len(names)))
    assert ordered(*names) == ordered(*sorted(names))


@given(st.lists(st.integers(0, 10**6), unique=True))
def test_plain_numbers_are_sorted(values):
    assert ordered(*map(str, values)) == list(map(str, sorted(values)))
