"""Tables about baselines, on records whose accuracies are known."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.stats import kendalltau, t, ttest_rel

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.baselines import baselines
from imbnas.leaderboards.tables.cost import cost
from imbnas.leaderboards.tables.formats import to_csv
from imbnas.leaderboards.tables.matched_budget import Trained, match, matched_budget
from imbnas.leaderboards.tables.rank_correlation import rank_correlation
from imbnas.leaderboards.tables.shared.controls import balanced_control
from imbnas.suites.expand import Expansion
from imbnas.suites.resolved import BaselineFacts, ResolvedSuite
from imbnas.suites.schema import AdaptationPart, BaselinesPart, Training, TransferPart
from imbnas.units.metrics import SearchMetrics
from imbnas.units.records import Record
from imbnas.units.unit import BaselineModel, SearchUnit, TrainUnit

from ...factories import make_record, resolve, train_metrics, varied, with_parts

CLASSES, IMAGES = 10, 1000
LONG_TAILED = Training(condition="digits@10x", scheme="cb-drw")
CONTROL = Training(condition="digits@1x:like-10x", scheme="ce")
BALANCED = Training(condition="digits@1x", scheme="ce")
MODELS = {"a": 10, "b": 20, "c": 30, "d": 40, "e": 50}  # name → MACs
MORE = MODELS | {name: 100 + 10 * place for place, name in enumerate("fghijk")}
Accuracy = Callable[[str, str, int], float]


@pytest.fixture(scope="module")
def resolved(tiny_suite: Path) -> ResolvedSuite:
    """The tiny suite with five made-up baselines, fresh and pretrained, and four replicates."""
    trainings = (BALANCED, LONG_TAILED, CONTROL)
    fresh = BaselinesPart(kind="baselines", models=tuple(MODELS), trainings=trainings)
    # The models are never built: their facts are made up, like their records.
    known = {
        "adaptation": {"also_retrain": (CONTROL,)},
        "baselines": {"models": ("cifar_resnet20",), "trainings": trainings},
    }
    found = resolve(tiny_suite, replicates=4, parts=known)
    recipe = found.settings.network
    facts = {
        model.label: BaselineFacts(
            model=model, source="timm", recipe=recipe, params=2 * macs, macs=macs
        )
        for name, macs in MODELS.items()
        for model in (
            BaselineModel(baseline=name, version="1", spec_sha256="0" * 64),
            BaselineModel(baseline=name, version="1", spec_sha256="0" * 64, weights="somewhere"),
        )
    }
    parts = {"baselines": fresh, "pretrained": varied(fresh, pretrained=True)}
    return found.model_copy(
        update={
            "suite": varied(found.suite, parts=parts),
            "baselines": facts,
        }
    )


def record(unit: Any, metrics: Any, **measured: float) -> Record:
    return make_record(unit, metrics, device="cpu", **measured)


def trained(unit: TrainUnit, accuracy: float, macs: int) -> Record:
    correct = (round(accuracy * IMAGES),) * CLASSES
    metrics = train_metrics(
        class_correct=correct, class_total=(IMAGES,) * CLASSES, params=2 * macs, macs=macs
    )
    return record(unit, metrics)


def records(resolved: ResolvedSuite, accuracy: Accuracy, found_macs: int = 35) -> Iterator[Record]:
    """Records of all baselines, of the population, whose order the long tail turns round, and of
    both strategies, which find the same architecture.
    """
    expansion = Expansion(resolved)
    members = [member.architecture for member in resolved.population]
    for part in resolved.suite.parts.values():
        if isinstance(part, BaselinesPart):
            for unit in expansion.baselines(part):
                assert isinstance(unit.model, BaselineModel)
                value = accuracy(unit.model.label, unit.data.condition, unit.replicate)
                yield trained(unit, value, MORE[unit.model.baseline])
        if isinstance(part, TransferPart):
            for unit in expansion.transfer(part):
                place = members.index(unit.model.label) + 1
                turned = unit.data.condition.startswith("digits@10x")
                yield trained(unit, 0.5 + (-0.1 if turned else 0.1) * place, 1)
        if isinstance(part, AdaptationPart):
            for chain in expansion.chains(part):
                best = resolved.population[0].architecture
                yield record(chain.search, SearchMetrics(best=best, scores=((best, 0.5),)))
                for retraining in expansion.retrainings(part, chain):
                    unit = expansion.retrain(retraining, best)
                    value = accuracy("found", unit.data.condition, unit.replicate)
                    yield trained(unit, value, found_macs)


TABLE = {
    # name: accuracy on 10x in each replicate
    "a": (0.50, 0.52, 0.51, 0.53),
    "b": (0.60, 0.64, 0.62, 0.66),
    "c": (0.70, 0.58, 0.57, 0.59),  # best in replicate 0 alone
    "d": (0.90, 0.91, 0.92, 0.93),  # over the budget
    "e": (0.95, 0.94, 0.96, 0.97),
    "found": (0.71, 0.70, 0.75, 0.73),
}


def known(label: str, condition: str, replicate: int) -> float:
    value = TABLE[label.removesuffix(" (pretrained)")][replicate]
    if label.endswith("(pretrained)"):
        value += 0.02
    return value if condition.startswith("digits@10x") else value / 2 + 0.5


@pytest.fixture(scope="module")
def results(resolved: ResolvedSuite) -> Results:
    return Results.collect(resolved, records(resolved, known))


def test_relative_accuracy_is_that_of_the_control_of_equal_size(results: Results) -> None:
    table = baselines(results)
    rows = table[table["model"].eq("b")].set_index("condition")
    mean = np.mean(TABLE["b"])
    assert rows.loc["digits@10x", "accuracy_mean"] == pytest.approx(100 * mean)
    assert rows.loc["digits@10x", "accuracy_sd"] == pytest.approx(100 * np.std(TABLE["b"], ddof=1))
    assert rows.loc["digits@10x", "relative_accuracy"] == pytest.approx(mean / (mean / 2 + 0.5))
    assert rows.loc["digits@10x", "control"] == "digits@1x:like-10x"
    assert rows.loc["digits@10x", "control_scheme"] == "ce"
    for balanced in ("digits@1x", "digits@1x:like-10x"):
        assert pd.isna(rows.loc[balanced, "relative_accuracy"])
        assert pd.isna(rows.loc[balanced, "control"])
    searched = table[table["source"] == "searched by p1"].set_index("condition")
    mean = np.mean(TABLE["found"])
    assert searched.loc["digits@10x", "relative_accuracy"] == pytest.approx(mean / (mean / 2 + 0.5))


def test_pretrained_rows_are_marked_and_stand_apart(results: Results) -> None:
    table = baselines(results)
    assert table.groupby("part")["pretrained"].unique().map(list).to_dict() == {
        "adaptation": [False],
        "baselines": [False],
        "pretrained": [True],
    }
    means = table[table["condition"].eq("digits@10x")].set_index("model")["accuracy_mean"]
    assert means["e (pretrained)"] == pytest.approx(means["e"] + 2)


def test_counts_keep_all_their_digits_and_are_empty_until_something_is_trained(
    resolved: ResolvedSuite,
) -> None:
    large = Results.collect(resolved, records(resolved, known, found_macs=123456789))
    table = baselines(large)
    assert "123456789" in to_csv(table)
    assert table.loc[table["source"].eq("searched by p0"), "macs"].eq(123456789).all()
    empty = baselines(Results.collect(resolved, []))
    assert len(empty) == len(table)
    assert empty["macs"].isna().all()
    assert empty["relative_accuracy"].isna().all()
    assert empty["n_missing"].eq(4).all()


@pytest.mark.parametrize(
    ("condition", "scheme", "others", "expected"),
    [
        ("digits@10x", "ce", ["digits@1x ce", "digits@1x:like-10x ce"], 1),
        ("digits@10x", "cb-drw", ["digits@1x:like-10x ce", "digits@1x:like-10x cb-drw"], 1),
        ("digits@10x", "cb-drw", ["digits@1x:like-10x ldam-drw"], None),
        ("digits@10x", "ce", ["digits@1x:like-20x ce", "digits@1x ce", "digits@10x ce"], None),
        ("digits@10x", "ce", ["fashion-mnist@1x:like-10x ce"], None),
        ("digits@10x:step", "ce", ["digits@1x:like-10x ce", "digits@1x:step:like-10x ce"], 1),
        ("digits@10x:order-reversed", "ce", ["digits@1x:like-10x ce"], 0),
        (
            "digits@10x:order-reversed",
            "ce",
            ["digits@1x:like-10x ce", "digits@1x:like-10x:order-reversed ce"],
            1,
        ),
        ("digits@10x:subset-3", "ce", ["digits@1x:like-10x ce"], None),
        ("digits@1x", "ce", ["digits@1x:like-10x ce"], None),
        ("digits@natural", "ce", ["digits@1x ce"], None),
        ("digits@natural", "ce", ["digits@1x ce", "digits@1x:like-natural ce"], None),
        ("digits@natural:like-1x", "ce", ["digits@1x:like-2x ce", "digits@1x ce"], 1),
        ("digits@natural:like-5x", "ce", ["digits@1x ce", "digits@1x:like-5x ce"], 1),
        ("digits@natural:size-50", "ce", ["digits@1x ce", "digits@1x:size-50 ce"], None),
        (
            "digits@10x:half-2",
            "ce",
            [
                "digits@1x:like-10x ce",
                "digits@1x:like-10x:half-1 ce",
                "digits@1x:like-10x:half-2 ce",
            ],
            2,
        ),
    ],
)
def test_the_control_differs_in_imbalance_alone(
    condition: str, scheme: str, others: list[str], expected: int | None
) -> None:
    trainings = [Training(condition=c, scheme=s) for c, s in (text.split() for text in others)]
    found = balanced_control(Training(condition=condition, scheme=scheme), trainings)
    assert found == (None if expected is None else trainings[expected])


def rivals_within_budget() -> Any:
    return 100 * np.array([TABLE[name] for name in "abc"])


def jackknife_by_hand(found: Any, rivals: Any) -> tuple[float, float, float]:
    """Bounds and p-value of found − the best rival on the other replicates (Tukey 1958)."""

    def difference(kept: list[int]) -> float:
        values = []
        for r in kept:
            others = [other for other in kept if other != r]
            values.append(found[r] - rivals[rivals[:, others].mean(axis=1).argmax(), r])
        return float(np.mean(values))

    n = len(found)
    without = [difference([r for r in range(n) if r != out]) for out in range(n)]
    error = np.sqrt((n - 1) * np.var(without))
    middle, half = difference(list(range(n))), t.ppf(0.975, n - 1) * error
    return middle - half, middle + half, 2 * t.sf(abs(middle) / error, n - 1)


def test_matched_budget_chooses_on_other_replicates_and_compares_in_pairs(
    results: Results,
) -> None:
    """Within 35 MACs are a, b and c; c wins replicate 0 by luck, and is chosen nowhere."""
    table = matched_budget(results)
    assert list(table["strategy"]) == ["p0", "p0", "p1", "p1"]
    assert set(table["condition"]) == {"digits@10x", "digits@1x:like-10x"}
    row = table[table["condition"].eq("digits@10x")].iloc[0]
    ours, theirs = (100 * np.array(TABLE[name]) for name in ("found", "b"))
    assert row["baseline"] == "b"
    assert row["difference"] == pytest.approx(np.mean(ours - theirs))
    low, high, _ = jackknife_by_hand(100 * np.array(TABLE["found"]), rivals_within_budget())
    assert (row["difference_low"], row["difference_high"]) == (
        pytest.approx(low),
        pytest.approx(high),
    )
    assert row["found_accuracy"] == pytest.approx(np.mean(ours))
    assert row["baseline_accuracy"] == pytest.approx(np.mean(theirs))
    assert (row["found_macs"], row["baseline_macs"], row["chosen_on"]) == (
        35,
        20,
        "other replicates",
    )
    assert (row["n_baselines"], row["n_pairs"], row["n_unmatched"], row["n_missing"]) == (
        5,
        4,
        0,
        0,
    )


def test_an_architecture_cheaper_than_every_baseline_is_counted_and_compared_with_none(
    resolved: ResolvedSuite,
) -> None:
    cheap = Results.collect(resolved, records(resolved, known, found_macs=9))
    row = matched_budget(cheap).iloc[0]
    assert (row["n_pairs"], row["n_unmatched"], row["n_missing"]) == (0, 4, 0)
    assert pd.isna(row[["baseline", "difference", "difference_low", "chosen_on"]]).all()
    assert row["note"] == (
        "nothing matches: the cheapest baseline takes 10 multiply-accumulates, "
        "what was found at most 9"
    )
    assert (row["best_baseline"], row["best_macs_ratio"]) == ("e", pytest.approx(50 / 9))
    nothing = matched_budget(Results.collect(resolved, [])).iloc[0]
    assert (nothing["n_pairs"], nothing["n_unmatched"], nothing["n_missing"]) == (0, 0, 4)
    assert nothing["note"] == "no complete pair"
    assert pd.isna(nothing[["best_baseline", "best_accuracy", "best_macs_ratio", "best_few"]]).all()


def test_differences_to_baselines_are_corrected_over_the_strategies_of_a_training(
    results: Results,
) -> None:
    """Both strategies found one network: of two equal p-values the correction makes twice each."""
    table = matched_budget(results)
    for condition, of in (
        ("digits@10x", lambda value: value),
        ("digits@1x:like-10x", lambda value: value / 2 + 0.5),
    ):
        rows = table[table["condition"].eq(condition)]
        ours = of(np.array(TABLE["found"]))
        student = ttest_rel(ours, of(np.array(TABLE["e"]))).pvalue
        jackknife = jackknife_by_hand(ours, of(rivals_within_budget() / 100))[2]
        for column, p_value in (("difference", jackknife), ("best_difference", student)):
            p = min(1, 2 * p_value)
            assert rows[f"{column}_p_adjusted"].tolist() == [pytest.approx(p)] * 2
    assert table["note"].isna().all()


def test_a_strategy_that_has_found_nothing_yet_counts_in_the_correction(
    resolved: ResolvedSuite, results: Results
) -> None:
    part = next(p for p in resolved.suite.parts.values() if isinstance(p, AdaptationPart))
    chains = Expansion(resolved).chains(part)
    awaited = {chain.search.identity for chain in chains if chain.strategy == "p1"}
    there = (r for r in results.records.values() if r.identity not in awaited)
    found, whole = matched_budget(Results.collect(resolved, there)), matched_budget(results)
    for column in ("difference_p_adjusted", "best_difference_p_adjusted"):
        known, missing = (found.loc[found["strategy"].eq(name), column] for name in ("p0", "p1"))
        expected = whole.loc[whole["strategy"].eq("p0"), column]
        assert known.tolist() == pytest.approx(expected.tolist())
        assert missing.isna().all()


def test_the_best_baseline_at_any_cost_stands_beside_the_matched_one(results: Results) -> None:
    row = matched_budget(results).iloc[0]
    ours, theirs = (100 * np.array(TABLE[name]) for name in ("found", "e"))
    low, high = ttest_rel(ours, theirs).confidence_interval(0.95)
    assert (row["best_baseline"], row["best_macs"]) == ("e", 50)
    assert row["best_accuracy"] == pytest.approx(np.mean(theirs))
    assert row["best_difference"] == pytest.approx(np.mean(ours - theirs))
    assert row["best_difference_low"] == pytest.approx(low)
    assert row["best_difference_high"] == pytest.approx(high)
    assert row["best_macs_ratio"] == pytest.approx(50 / 35)


def test_the_tail_is_that_of_classes_with_few_images(results: Results) -> None:
    facts = results.facts(LONG_TAILED)
    few = facts.groups["few"]
    assert few
    assert all(facts.class_counts[label] < 20 for label in few)
    metrics = train_metrics(class_correct=tuple(range(10)), class_total=(10,) * 10)
    trained_once = Trained.of([metrics, None], few)
    assert trained_once.few[0] == pytest.approx(10 * np.mean(few))
    assert np.isnan(trained_once.few[1])
    assert np.isnan(Trained.of([metrics], None).few).all()
    row = matched_budget(results).iloc[0]
    assert (row["found_few"], row["best_few"]) == (
        pytest.approx(100 * np.mean(TABLE["found"])),
        pytest.approx(100 * np.mean(TABLE["e"])),
    )


def test_the_best_baseline_at_any_cost_is_chosen_on_other_replicates_too(
    resolved: ResolvedSuite,
) -> None:
    """In each replicate another one is best by luck, and is chosen on the others instead."""
    lucky = {"e": (0.99, 0.7, 0.7, 0.7), "d": (0.71, 0.98, 0.71, 0.71)}

    def accuracy(label: str, condition: str, replicate: int) -> float:
        name = label.removesuffix(" (pretrained)")
        return lucky.get(name, TABLE[name])[replicate]

    row = matched_budget(Results.collect(resolved, records(resolved, accuracy))).iloc[0]
    # Replicate 0 left out, d leads with 0.8 to 0.7; left out 1, e; left out 2 or 3, d by 0.003.
    assert row["best_baseline"] == "d (3), e (1)"
    assert row["best_accuracy"] == pytest.approx(100 * np.mean([0.71, 0.7, 0.71, 0.71]))
    assert row["best_macs_ratio"] == pytest.approx(42.5 / 35)


def as_trained(accuracy: Any, macs: float) -> Trained:
    values = np.array(accuracy, float)
    return Trained(values, np.where(np.isnan(values), np.nan, macs), values)


def test_a_missing_training_takes_its_replicate_out() -> None:
    nan = np.nan
    found = as_trained([60, nan, 62, 63], 5)
    rivals = [as_trained([50, 51, 52, nan], 5), as_trained([55, 40, 41, 42], 5)]
    pairing = match(found, rivals)
    # Replicate 3 lacks a baseline, replicate 1 the found network but not its word on baselines:
    # without replicate 0 the first is better, without replicate 2 they stand 50.5 to 47.5.
    assert pairing.chosen == ((0, 0), (2, 0))
    assert (pairing.n_missing, pairing.n_unmatched, pairing.on_others) == (2, 0, True)


def test_with_one_replicate_the_baseline_is_chosen_where_it_is_judged() -> None:
    pairing = match(as_trained([60], 5), [as_trained([50], 5), as_trained([55], 4)])
    assert pairing.chosen == ((0, 1),)
    assert pairing.on_others is False


@given(
    accuracy=npst.arrays(float, (4, 3), elements=st.floats(0, 100)),
    macs=npst.arrays(float, 4, elements=st.floats(1, 100)),
    budget=npst.arrays(float, 3, elements=st.floats(1, 100)),
    replicate=st.integers(0, 2),
    luck=npst.arrays(float, 4, elements=st.floats(0, 100)),
)
def test_no_baseline_profits_from_the_replicate_it_is_judged_on(
    accuracy: Any, macs: Any, budget: Any, replicate: int, luck: Any
) -> None:
    def chosen_in(values: Any) -> int | None:
        rivals = [
            Trained(row, np.full(3, cost), row) for row, cost in zip(values, macs, strict=True)
        ]
        found = Trained(np.zeros(3), budget, np.zeros(3))
        return dict(match(found, rivals).chosen).get(replicate)

    lucky = accuracy.copy()
    lucky[:, replicate] = luck
    chosen = chosen_in(accuracy)
    assert chosen == chosen_in(lucky)
    assert (chosen is None) == bool((macs > budget[replicate]).all())
    if chosen is not None:
        assert macs[chosen] <= budget[replicate]


@pytest.fixture(scope="module")
def many(resolved: ResolvedSuite) -> Results:
    """Eleven models instead of five; the further ones are over the budget of what was found."""
    known_facts = resolved.baselines["a"]
    facts = {
        label: varied(known_facts, model=varied(known_facts.model, **named), macs=macs)
        for name, macs in MORE.items()
        for label, named in (
            (name, {"baseline": name}),
            (f"{name} (pretrained)", {"baseline": name, "weights": "somewhere"}),
        )
    }
    parts = {
        name: varied(resolved.suite.parts[name], models=tuple(MORE))
        for name in ("baselines", "pretrained")
    }
    suite = resolved.model_copy(
        update={"suite": varied(resolved.suite, parts=parts), "baselines": facts}
    )
    # Ten beside "found"; a later model is better, and replicates differ a little.
    order = list(MORE)

    def accuracy(label: str, condition: str, replicate: int) -> float:
        if label == "found":
            return known(label, condition, replicate)
        value = 0.3 + 0.04 * order.index(label.removesuffix(" (pretrained)")) + 0.005 * replicate
        return value if condition.startswith("digits@10x") else value / 2 + 0.5

    return Results.collect(suite, records(suite, accuracy))


def test_baselines_are_ranked_as_a_population_of_their_own(many: Results) -> None:
    table = rank_correlation(many)
    pairs = table[table["population"].eq("timm") & ~table["x"].isin(["params", "macs"])]
    assert list(zip(pairs["x"], pairs["y"], strict=True)) == [
        ("digits@1x", "digits@1x:like-10x"),
        ("digits@1x", "digits@10x"),
        ("digits@1x:like-10x", "digits@10x"),
    ]
    assert pairs["tau_b"].to_list() == [pytest.approx(1)] * 3
    assert pairs["family"].to_list() == ["reference", "reference", "other"]
    assert set(pairs["n_architectures"]) == {11}
    assert pairs["ci_low"].notna().all()
    by_macs = table[table["population"].eq("timm") & table["x"].eq("macs")].iloc[0]
    assert by_macs["tau_b"] == pytest.approx(kendalltau(list(MORE.values()), range(11)).statistic)
    assert set(table["population"]) >= {"timm", "timm (pretrained)"}


def test_baselines_weaken_no_verdict_of_the_population(
    many: Results, resolved: ResolvedSuite
) -> None:
    table = rank_correlation(many)
    of_space = table[table["part"].eq("transfer")]
    assert len(of_space) < len(table)
    few = rank_correlation(Results.collect(resolved, many.records.values()))
    assert to_csv(few) == to_csv(of_space)


@pytest.mark.parametrize("models", ["abc", "abcdefghi"])
def test_fewer_than_ten_models_make_no_rank_correlation(many: Results, models: str) -> None:
    few = varied(many.resolved.suite.parts["baselines"], models=tuple(models))
    assert rank_correlation(Results(with_parts(many.resolved, few=few), many.records)).empty


def test_speed_is_the_median_of_what_was_measured(resolved: ResolvedSuite) -> None:
    part = resolved.suite.parts["baselines"]
    assert isinstance(part, BaselinesPart)
    units = Expansion(resolved).baselines(part)[:4]
    assert len({(unit.model.label, unit.scheme.name) for unit in units}) == 1
    metrics = trained(units[0], 0.5, 10).metrics
    old = record(units[0], metrics)
    assert "latency" not in old.model_dump_json()
    measured = [
        record(unit, metrics, train_images_per_second=100.0 * (1 + unit.replicate), latency=0.001)
        for unit in units[1:]
    ]
    rows = cost(Results.collect(resolved, [old, *measured]))
    measured_rows = rows[rows["latency_ms"].notna()]
    assert measured_rows["latency_ms"].to_list() == [pytest.approx(1)] * len(measured_rows)
    assert measured_rows["train_images_per_second"].median() == 300
    search = next(r for r in records(resolved, known) if isinstance(r.unit, SearchUnit))
    table = cost(Results.collect(resolved, [old, search]))
    assert table["latency_ms"].isna().all()
    assert ",," in to_csv(table)
