import hashlib
from functools import cache
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.search.evolution import Evolution
from imbnas.search.exhaustive import Exhaustive
from imbnas.search.mac_options import MacOptions
from imbnas.search.random_search import RandomSearch
from imbnas.search.registry import build_searcher
from imbnas.search.scoreboard import Scoreboard
from imbnas.search.searcher import Searcher
from imbnas.spaces import get_space
from imbnas.spaces.nats.topology_space import unique_representatives
from imbnas.units.randomness import derive_seed

SPACES = ["nats-tss", "nats-sss", "darts"]


def quality(architecture: str) -> float:
    return derive_seed("quality", architecture) % 1000 / 1000


def search(searcher: Searcher, space: str, seed: int = 0) -> Scoreboard:
    board = Scoreboard(quality)
    searcher.search(get_space(space), board, np.random.default_rng(seed))
    return board


def macs(space: str, architecture: str) -> int:
    return get_space(space).counts(architecture, get_space(space).published_shape).macs


@cache
def costs_of(space: str) -> list[int]:
    """MACs of 40 random architectures, ascending."""
    rng = np.random.default_rng(1)
    return sorted(macs(space, get_space(space).random(rng)) for _ in range(40))


@st.composite
def bounds(draw: st.DrawFn, space: str) -> MacOptions:
    """Bounds between two quantiles of random architectures, or one of them."""
    costs = costs_of(space)
    low = draw(st.integers(0, 29))
    high = draw(st.integers(low + 10, 39))
    upper = draw(st.sampled_from([None, costs[high]]))
    return MacOptions(max_macs=upper, min_macs=draw(st.sampled_from([0, costs[low]])))


@pytest.mark.parametrize("space", SPACES)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_evolution_respects_bounds_budget_and_uniqueness(space: str, data: st.DataObject) -> None:
    within = data.draw(bounds(space))
    population = data.draw(st.integers(1, 8))
    mutation = data.draw(st.integers(0, population))
    searcher = Evolution(
        generations=data.draw(st.integers(0, 3)),
        population=population,
        mutation=mutation,
        crossover=data.draw(st.integers(0, population - mutation)),
        probability=data.draw(st.sampled_from([0.01, 0.1, 1.0])),
        top_k=data.draw(st.integers(2, 5)),
        max_macs=within.max_macs,
        min_macs=within.min_macs,
    )
    found = search(searcher, space, data.draw(st.integers(0, 99))).scores
    # A shortfall of children, as from rare mutations, is filled at random.
    assert len(found) == population * (searcher.generations + 1)
    assert len({get_space(space).unique_id(architecture) for architecture in found}) == len(found)
    for architecture in found:
        assert get_space(space).parse(architecture) == architecture
        assert not get_space(space).is_dead(architecture)
        cost = macs(space, architecture)
        assert within.min_macs <= cost
        assert within.max_macs is None or cost <= within.max_macs


@pytest.mark.parametrize("space", SPACES)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_random_search_respects_bounds_budget_and_uniqueness(
    space: str, data: st.DataObject
) -> None:
    within = data.draw(bounds(space))
    count = data.draw(st.integers(1, 20))
    searcher = RandomSearch(evaluations=count, max_macs=within.max_macs, min_macs=within.min_macs)
    found = search(searcher, space, data.draw(st.integers(0, 99))).scores
    assert len({get_space(space).unique_id(architecture) for architecture in found}) == count
    assert len(found) == count
    for architecture in found:
        cost = macs(space, architecture)
        assert within.min_macs <= cost
        assert within.max_macs is None or cost <= within.max_macs


def test_a_space_with_too_few_within_the_bounds_is_used_up_and_nothing_twice() -> None:
    # All three convolutions of 3x3 and no other: few structures have exactly these MACs.
    exactly = 113_951_370
    searcher = Evolution(
        generations=1, population=1500, crossover=100, mutation=100,
        min_macs=exactly, max_macs=exactly,
    )  # fmt: skip
    space = get_space("nats-tss")
    # Random architectures stand for their structure by its cheapest member.
    drawn = {a for a in unique_representatives() if macs("nats-tss", a) == exactly}
    found = search(searcher, "nats-tss").scores
    structures = {space.unique_id(a) for a in found}
    assert len(found) == len(structures) < 1500
    assert {macs("nats-tss", a) for a in found} == {exactly}
    assert {space.unique_id(a) for a in drawn} <= structures


@pytest.mark.parametrize(
    ("space", "evolution", "random"),
    [
        ("nats-tss", "9b10447578834609", "1f2f6ed5e5fc7c31"),
        ("nats-sss", "cad698cc92d9026e", "cf316986b6e27114"),
        ("darts", "c24ed47ca3614ee2", "a5e845152ea5a16b"),
    ],
)
def test_searches_without_bounds_find_what_they_always_found(
    space: str, evolution: str, random: str
) -> None:
    def digest(searcher: Searcher) -> str:
        text = "\n".join(search(searcher, space).scores)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    evolved = Evolution(generations=4, population=20, crossover=10, mutation=10)
    assert digest(evolved) == evolution
    assert digest(RandomSearch()) == random


def test_exhaustive_scores_every_live_unique_structure_by_its_cheapest_member() -> None:
    space = get_space("nats-tss")
    members: dict[str, list[tuple[int, str]]] = {}
    for architecture in space.architectures():
        if not space.is_dead(architecture):
            cost = macs("nats-tss", architecture), architecture
            members.setdefault(space.unique_id(architecture), []).append(cost)
    found = search(Exhaustive(), "nats-tss").scores
    assert len(found) == len(members) == 6_461
    assert set(found) == {min(group)[1] for group in members.values()}


@pytest.mark.parametrize(
    ("name", "options", "space", "said"),
    [
        ("evolution", {"min_macs": 2, "max_macs": 1}, "nats-tss", "min_macs 2 exceeds max_macs 1"),
        (
            "evolution",
            {"max_macs": 0},
            "nats-tss",
            "'max_macs': 0 must be .* .1, 10{18}",
        ),
        ("evolution", {"max_macs": 1}, "darts", "no architecture of darts was found within"),
        ("random", {"max_macs": 1}, "nats-sss", "most have [0-9]+ to [0-9]+ MACs"),
        ("exhaustive", {}, "darts", "'darts' is too large to list; give option 'architectures'"),
        ("exhaustive", {"architectures": ["8:8"]}, "nats-sss", "character 4"),
    ],
)
def test_what_a_space_cannot_serve_is_refused_in_one_line(
    name: str, options: dict[str, object], space: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        build_searcher(name, options, get_space(space))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"searcher '{name}': ")


def test_a_search_without_anything_within_its_bounds_says_so() -> None:
    for searcher in (Evolution(max_macs=1), RandomSearch(max_macs=1)):
        with pytest.raises(InputError, match="'min_macs' and 'max_macs'"):
            search(searcher, "nats-tss")


def test_a_narrow_bound_is_searched_to_the_last_wanted_architecture() -> None:
    exactly = 149_340_810  # 93 functional classes of 135 cells, under a hundredth of the space
    found = search(
        RandomSearch(evaluations=60, min_macs=exactly, max_macs=exactly), "nats-tss"
    ).scores
    assert {macs("nats-tss", a) for a in islice(found, 60)} == {exactly}
