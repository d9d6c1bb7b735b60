import numpy as np
import pytest

from imbnas.errors import InputError, UnknownNameError
from imbnas.search import random_search
from imbnas.search.evolution import Evolution
from imbnas.search.exhaustive import Exhaustive
from imbnas.search.random_search import RandomSearch
from imbnas.search.registry import SEARCHERS, build_searcher
from imbnas.search.scoreboard import Scoreboard
from imbnas.search.searcher import Searcher
from imbnas.spaces import get_space
from imbnas.spaces.nats.topology_space import unique_representatives

SPACE = get_space("nats-tss")
GOAL = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
    "+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
)


def closeness(architecture: str) -> float:
    """Share of edges that agree with the goal."""
    mine, goal = (a.replace("+", "").split("|") for a in (architecture, GOAL))
    return sum(m == g for m, g in zip(mine, goal, strict=True)) / len(goal)


def search(searcher: Searcher, seed: int = 0) -> Scoreboard:
    board = Scoreboard(closeness)
    searcher.search(SPACE, board, np.random.default_rng(seed))
    return board


def test_evolution_spends_its_budget_on_distinct_live_structures() -> None:
    board = search(Evolution(generations=4, population=20, crossover=10, mutation=10))
    assert len(board.scores) == 100
    assert len({SPACE.unique_id(a) for a in board.scores}) == 100
    assert not any(SPACE.is_dead(a) for a in board.scores)


def test_no_child_is_in_a_spelling_that_supernet_training_never_samples() -> None:
    options = {"generations": 9, "population": 20, "crossover": 10, "mutation": 10}
    sampled = set(unique_representatives())
    for seed in range(3):
        scored = search(Evolution(**options), seed).scores
        assert len(scored) == 200
        assert [architecture for architecture in scored if architecture not in sampled] == []
    # Without respelling some children would be foreign.
    rng, parents = np.random.default_rng(0), unique_representatives()[::100]
    children = {SPACE.mutate(parent, rng, 0.1) for parent in parents * 20}
    foreign = {a for a in children if not SPACE.is_dead(a)} - sampled
    assert foreign
    assert {SPACE.spelling(a) for a in foreign} <= sampled
    assert all(SPACE.unique_id(SPACE.spelling(a)) == SPACE.unique_id(a) for a in foreign)


def test_a_dead_architecture_has_its_own_spelling_alone() -> None:
    dead = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    assert SPACE.spelling(dead) == dead


def test_a_respelled_child_is_within_the_bounds_on_macs() -> None:
    least, most = 40_000_000, 60_000_000
    searcher = Evolution(
        generations=9, population=20, crossover=10, mutation=10, min_macs=least, max_macs=most
    )
    macs = [SPACE.counts(a, SPACE.published_shape).macs for a in search(searcher).scores]
    assert len(macs) > 100
    assert least <= min(macs) <= max(macs) <= most


def test_evolution_beats_random_search_of_the_same_budget() -> None:
    evolved = [
        max(
            search(
                Evolution(generations=9, population=20, crossover=10, mutation=10), s
            ).scores.values()
        )
        for s in range(8)
    ]
    drawn = [max(search(RandomSearch(evaluations=200), s).scores.values()) for s in range(8)]
    assert np.mean(evolved) > np.mean(drawn)


def test_the_same_generator_gives_the_same_search() -> None:
    searcher = Evolution(generations=2, population=8, crossover=4, mutation=4)
    assert list(search(searcher).scores) == list(search(searcher).scores)
    assert list(search(searcher).scores) != list(search(searcher, seed=1).scores)


def test_a_list_is_scored_in_its_order_and_ties_go_to_the_earlier() -> None:
    names = (GOAL, "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|")
    board = search(Exhaustive(architectures=names))
    assert tuple(board.scores) == names
    flat = Scoreboard(lambda _: 0.5)
    Exhaustive(architectures=names).search(SPACE, flat, np.random.default_rng(0))
    assert flat.top(1) == [names[0]]


def test_an_architecture_is_scored_once() -> None:
    asked: list[str] = []
    board = Scoreboard(lambda a: asked.append(a) or 0.0)
    board.evaluate("a")
    board.evaluate("a")
    assert asked == ["a"]


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("evolution", {"generation": 3}, "unknown option; did you mean 'generations'"),
        ("evolution", {"population": 0}, "'population': 0 must be a whole number in .1, 1000000"),
        ("evolution", {"population": 4, "crossover": 3, "mutation": 3}, "exceed population"),
        ("random", {"evaluations": "many"}, "'evaluations': 'many' must be a whole number"),
    ],
)
def test_bad_options_are_named(name: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        build_searcher(name, options)
    assert "\n" not in str(caught.value)


def test_too_large_a_random_search_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_search, "_TRIES", 100)
    board = Scoreboard(lambda _: 0.0)
    with pytest.raises(InputError, match="'evaluations'.*distinct"):
        RandomSearch(evaluations=7000).search(SPACE, board, np.random.default_rng(0))


def test_every_registered_searcher_can_be_made() -> None:
    for entry in SEARCHERS.entries():
        assert hasattr(build_searcher(entry.name, {}), "search")
    with pytest.raises(UnknownNameError):
        build_searcher("annealing", {})
