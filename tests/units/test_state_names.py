"""State within state keeps its names."""

from hypothesis import given
from hypothesis import strategies as st

from imbnas.units.state_names import below, named_below

STATES = st.dictionaries(st.text(), st.integers())


@given(STATES, STATES)
def test_each_owner_finds_its_own_state(first: dict[str, int], tenth: dict[str, int]) -> None:
    together = named_below(1, first) | named_below(10, tenth)
    assert (below(1, together), below(10, together)) == (first, tenth)
