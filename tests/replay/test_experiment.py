import numpy as np
import pytest

from imbnas.errors import InputError, UnknownNameError
from imbnas.replay.choices import build, default_searchers
from imbnas.replay.experiment import COLUMNS, Replay, checkpoints
from imbnas.replay.searches import Searches
from imbnas.replay.sides import Sides, compared
from imbnas.replay.table_space import TableSpace
from imbnas.search import SEARCHERS
from imbnas.spaces import get_space
from imbnas.suites.choice import SearcherChoice, parse_choice

BALANCED, TARGET = ("a@1x", "ce"), ("a@10x", "ce")


def searcher(text: str) -> SearcherChoice:
    return parse_choice(SearcherChoice, text, "--searcher")


RANDOM = (searcher("random"),)


def noisy(seed: int, size: int, replicates: int, like: np.ndarray | None = None, sd: float = 1.0):
    """(A, R) percentages: a truth of their own or a given one, with noise."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(60, 3, size) if like is None else like
    return truth, truth[:, None] + rng.normal(0, sd, (size, replicates))


def last(frame, name: str) -> float:
    return float(frame[name].iloc[-1])


def test_searching_the_whole_table_without_noise_loses_nothing(make_bench) -> None:
    truth, values = noisy(0, 30, 3, sd=0)
    bench = make_bench({BALANCED: values, TARGET: values})
    frame = Replay(RANDOM, budget=30, repetitions=5).table(bench)
    assert list(frame) == list(COLUMNS)
    assert frame["queries"].tolist() == list(range(1, 31))
    assert last(frame, "regret_balanced") == last(frame, "regret_target") == 0
    # A random pick loses the best less the mean; rounding to images is 0.01 points.
    expected = 100 * (truth.max() - truth.mean()) / 100
    many = Replay(RANDOM, budget=1, repetitions=2000).table(bench)
    assert many["regret_target"][0] == pytest.approx(expected, abs=0.3)
    assert (frame["regret_target"].diff().dropna() <= 1e-9).all()
    assert (frame["optimism"].abs() < 1e-9).all()


def test_the_cost_of_unrelated_data_is_that_of_a_random_pick(make_bench) -> None:
    truth, values = noisy(1, 60, 4, sd=0.01)
    _, others = noisy(2, 60, 4, sd=0.01)
    frame = Replay(RANDOM, budget=60, repetitions=40).table(
        make_bench({BALANCED: others, TARGET: values})
    )
    best_of_other = others.mean(axis=1).argmax()
    assert last(frame, "regret_target") == pytest.approx(0, abs=0.05)
    assert last(frame, "difference") == pytest.approx(truth.max() - truth[best_of_other], abs=0.05)
    assert (
        last(frame, "difference_low") < last(frame, "difference") < last(frame, "difference_high")
    )


def test_luck_of_one_training_is_no_merit(make_bench) -> None:
    # Nothing but noise: a search that sees the judging replicate would win by several deviations.
    values = [np.random.default_rng(i).normal(60, 2, (200, 3)) for i in range(12)]
    found = [
        last(Replay(RANDOM, budget=100, repetitions=20).table(
            make_bench({BALANCED: v, TARGET: v})), "regret_target")
        for v in values
    ]  # fmt: skip
    assert np.mean(found) == pytest.approx(0, abs=3 * np.std(found) / np.sqrt(12))


def test_searching_on_the_target_itself_costs_nothing(make_bench) -> None:
    _, values = noisy(3, 50, 3, sd=2)
    bench = make_bench({BALANCED: values, TARGET: values})
    frame = Replay(RANDOM, budget=25, repetitions=300, draw="search").table(bench)
    error = frame["difference_mc_error"].iloc[-1]
    assert abs(last(frame, "difference")) < 4 * error


@pytest.mark.parametrize(
    ("tables", "replicates", "least"),
    [
        (10, 4, 0.8),
        pytest.param(150, 3, 0.92, marks=pytest.mark.slow),
        pytest.param(150, 6, 0.92, marks=pytest.mark.slow),
    ],
)
def test_intervals_hold_the_mean_over_other_replicates(
    make_bench, tables: int, replicates: int, least: float
) -> None:
    truth, _ = noisy(4, 40, 1)
    costs, bounds = [], []
    for seed in range(tables):
        _, first = noisy(1000 + seed, 40, replicates, 0.5 * truth + 30, 1.5)
        _, second = noisy(2000 + seed, 40, replicates, truth, 1.5)
        frame = Replay(RANDOM, budget=20, repetitions=30).table(
            make_bench({BALANCED: first, TARGET: second})
        )
        costs.append(last(frame, "difference"))
        bounds.append((last(frame, "difference_low"), last(frame, "difference_high")))
    held = [low <= np.mean(costs) <= high for low, high in bounds]
    print(f"{replicates} replicates: {np.mean(held):.3f} of {tables} intervals hold the mean")  # noqa: T201
    assert np.mean(held) >= least


def test_too_few_replicates_have_no_interval(make_bench) -> None:
    _, values = noisy(5, 20, 2)
    frame = Replay(RANDOM, budget=5, repetitions=3).table(
        make_bench({BALANCED: values, TARGET: values})
    )
    assert frame["difference_low"].isna().all()
    assert frame["difference"].notna().all()
    with pytest.raises(InputError, match="has one replicate"):
        Sides.of(make_bench({BALANCED: values, TARGET: values[:, :1]}), BALANCED, TARGET)


def test_architectures_that_lack_a_training_are_left_out_and_counted(make_bench) -> None:
    _, values = noisy(6, 20, 3)
    values = values.copy()
    values[3, 1] = values[7, 2] = np.nan
    _, others = noisy(7, 20, 3)
    sides = Sides.of(make_bench({BALANCED: values, TARGET: others}), BALANCED, TARGET)
    assert (len(sides.architectures), sides.n_left_out) == (18, 2)
    assert not np.isnan(sides.balanced).any()


def test_equal_seeds_give_equal_tables_and_others_do_not(make_bench) -> None:
    _, values = noisy(8, 30, 3)
    bench = make_bench({BALANCED: values, TARGET: values})
    first, again, other = (
        Replay(RANDOM, budget=10, repetitions=5, seed=seed).table(bench) for seed in (0, 0, 1)
    )
    assert first.equals(again)
    assert not first.equals(other)


def test_every_searcher_uses_the_table_alone_and_its_whole_budget(make_bench) -> None:
    space = get_space("nats-tss")
    names = space.representatives()[::8]  # type: ignore[attr-defined]
    values = noisy(9, len(names), 3)[1]
    held = TableSpace(space, names)
    for name in ("random", "evolution", "local-search", "exhaustive"):
        searches = Searches(
            held,
            build(searcher(name), 40, held),
            name,
            40,
            3,
            "query",
            0,
        )
        found = searches.run(values, (0, 1, 2), "target")
        assert found.queries.tolist() == [40] * 3
        scores = values[found.architectures, found.replicates]
        assert (np.diff(scores, axis=1) >= 0).all()


def test_a_search_of_one_set_of_images_draws_one_replicate(make_bench) -> None:
    values = noisy(10, 50, 4)[1]
    held = TableSpace(get_space("nats-tss"), get_space("nats-tss").representatives()[:50])  # type: ignore[attr-defined]
    run = Searches(held, build(RANDOM[0], 20, held), "random", 20, 30, "search", 0).run
    columns = run(values, (0, 1, 2, 3), "target").replicates
    assert (columns == columns[:, :1]).all()
    assert set(columns[:, 0]) == {0, 1, 2, 3}


def test_draws_stay_when_another_replicate_is_left_out(make_bench) -> None:
    values = noisy(11, 50, 4)[1]
    held = TableSpace(get_space("nats-tss"), get_space("nats-tss").representatives()[:50])  # type: ignore[attr-defined]
    run = Searches(held, build(RANDOM[0], 50, held), "random", 50, 1, "query", 0)
    whole = dict(run._search(values, (0, 1, 2, 3), "t", 0))
    for number in range(4):
        kept = [other for other in range(4) if other != number]
        less = dict(run._search(values[:, kept], kept, "t", 0))
        assert all(kept[less[a]] == column for a, column in whole.items() if column != number)


def test_a_searcher_that_leaves_the_table_or_asks_for_nothing_is_named() -> None:
    class Outside:
        def search(self, space, scoreboard, rng) -> None:
            scoreboard.evaluate("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")

    class Idle:
        def search(self, space, scoreboard, rng) -> None:
            pass

    held = TableSpace(get_space("nats-tss"), get_space("nats-tss").representatives()[:5])  # type: ignore[attr-defined]
    values = np.ones((5, 2))
    for searcher, said in ((Outside, "'mine' asked for .* does not hold"), (Idle, "no architec")):
        with pytest.raises(InputError, match=said):
            Searches(held, searcher, "mine", 3, 1, "query", 0).run(values, (0, 1), "t")


def test_searches_that_end_early_are_counted_and_keep_what_they_have(make_bench) -> None:
    _, values = noisy(12, 30, 3)
    frame = Replay(
        (searcher("random(evaluations=4)"),),
        budget=10,
        repetitions=6,
    ).table(make_bench({BALANCED: values, TARGET: values}))
    assert (frame["n_ended_early"] == 12).all()
    assert frame["regret_target"][3:].nunique() == 1


def test_plugins_are_searchers_too(make_bench) -> None:
    with SEARCHERS.temporary():

        @SEARCHERS.register("first", version="1", summary="the first of the table")
        class First:
            def search(self, space, scoreboard, rng) -> None:
                scoreboard.evaluate(space.architectures()[0])

        _, values = noisy(13, 30, 3)
        frame = Replay((searcher("first"),), budget=2, repetitions=3).table(
            make_bench({BALANCED: values, TARGET: values})
        )
    assert frame["searcher"].unique().tolist() == ["first"]


def test_what_is_compared_follows_from_the_suite_or_the_user(make_bench) -> None:
    _, values = noisy(14, 10, 2)
    third = ("a@1x:like-10x", "ce")
    bench = make_bench({BALANCED: values, TARGET: values, third: values})
    assert compared(bench) == [(BALANCED, TARGET), (BALANCED, third)]
    assert compared(bench, third) == [(third, TARGET)]
    assert compared(bench, None, third) == [(BALANCED, third)]
    silent = make_bench({BALANCED: values, TARGET: values}, compared=False)
    assert compared(silent, BALANCED, TARGET) == [(BALANCED, TARGET)]
    with pytest.raises(InputError, match="or --balanced and --target, of a@1x ce, a@10x ce"):
        compared(silent)
    with pytest.raises(UnknownNameError, match="'a@10x'"):
        Sides.of(bench, BALANCED, ("a@11x", "ce"))


def test_default_searchers_need_most_of_a_space(make_bench) -> None:
    _, values = noisy(15, 2500, 2)
    whole, sample = (make_bench({BALANCED: v, TARGET: v}) for v in (values, values[:100]))
    assert [c.name for c in default_searchers(sample)] == ["random"]
    assert [c.name for c in default_searchers(whole)] == ["random", "evolution", "local-search"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("random", "random"),
        ("evolution(population=10, top_k=2)", "evolution(population=10, top_k=2)"),
        ("mine(flag=true,name=x)", "mine(flag=True, name=x)"),
    ],
)
def test_searchers_are_written_with_options(text: str, label: str) -> None:
    assert searcher(text).label == label


@pytest.mark.parametrize("text", ["a(b)", "a(b=1", ""])
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--searcher"):
        searcher(text)


@pytest.mark.parametrize("budget", [0, 31])
def test_a_budget_beyond_the_table_is_refused(make_bench, budget: int) -> None:
    _, values = noisy(16, 30, 2)
    bench = make_bench({BALANCED: values, TARGET: values})
    with pytest.raises(InputError, match=f"--budget {budget}: the table holds 30"):
        Replay(RANDOM, budget=budget).table(bench)


def test_checkpoints_end_at_the_budget() -> None:
    assert checkpoints(1) == [1]
    assert checkpoints(20) == [1, 2, 5, 10, 20]
    assert checkpoints(130) == [1, 2, 5, 10, 20, 50, 100, 130]
