import numpy as np
import pytest

from imbnas.errors import InputError
from imbnas.search import build_searcher
from imbnas.search.local_search import LocalSearch
from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces import get_space
from imbnas.units.randomness import derive_seed


def macs(space: str, architecture: str) -> int:
    return get_space(space).counts(architecture, get_space(space).published_shape).macs


def run(searcher: LocalSearch, space: str, score, seed: int = 0) -> Scoreboard:
    board = Scoreboard(score)
    searcher.search(get_space(space), board, np.random.default_rng(seed))
    return board


@pytest.mark.parametrize("space", ["nats-tss", "nats-sss", "darts"])
def test_it_evaluates_what_it_was_asked_to_and_nothing_twice(space: str) -> None:
    known = get_space(space)
    limit = max(macs(space, known.random(np.random.default_rng(i))) for i in range(3))
    searcher = LocalSearch(evaluations=40, max_macs=limit)
    found = run(searcher, space, lambda a: derive_seed("q", a) % 1000).scores
    assert len(found) == len({known.unique_id(a) for a in found}) == 40
    assert all(not known.is_dead(a) and macs(space, a) <= limit for a in found)


def test_it_climbs_where_random_search_does_not() -> None:
    def ones(architecture: str) -> float:
        return architecture.count("nor_conv_1x1")

    best = [max(run(LocalSearch(evaluations=60), "nats-tss", ones, s).scores.values())
            for s in range(10)]  # fmt: skip
    space = get_space("nats-tss")
    drawn = [max(ones(space.random(rng)) for _ in range(60))
             for rng in map(np.random.default_rng, range(10))]  # fmt: skip
    assert np.mean(best) > 5.5 > np.mean(drawn) + 0.5


def test_it_starts_again_where_no_mutant_is_better() -> None:
    # Nothing is ever better: every start is left after as many mutants as its patience.
    board = run(
        LocalSearch(evaluations=60, patience=2, probability=0.05), "nats-sss", lambda _: 0.0
    )
    widths = [tuple(map(int, a.split(":"))) for a in board.scores]
    apart = [sum(a != b for a, b in zip(one, other, strict=True))
             for one, other in zip(widths[::3], widths[3::3], strict=False)]  # fmt: skip
    children = [sum(a != b for a, b in zip(widths[i], widths[i + 1], strict=True))
                for i in range(0, 60, 3)]  # fmt: skip
    assert np.mean(children) < 2 < 3 < np.mean(apart)


def test_it_ends_where_the_space_is_used_up() -> None:
    exactly = 113_951_370
    searcher = LocalSearch(evaluations=1000, min_macs=exactly, max_macs=exactly)
    found = run(searcher, "nats-tss", len).scores
    assert 1 < len(found) < 1000


@pytest.mark.parametrize("options", [{"patience": 0}, {"probability": 0}, {"evaluations": 0}])
def test_options_out_of_range_are_refused(options: dict[str, int]) -> None:
    [name] = options
    with pytest.raises(InputError, match=f"searcher 'local-search': option '{name}'"):
        build_searcher("local-search", options)


def test_bounds_without_an_architecture_are_refused() -> None:
    with pytest.raises(InputError, match="searcher 'local-search': options 'min_macs'"):
        build_searcher("local-search", {"max_macs": 1}, get_space("nats-tss"))
