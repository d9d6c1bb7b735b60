"""What rank correlations may compare and how they are corrected, on records made up for it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from imbnas.leaderboards.headline import answer
from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.class_orders import class_orders
from imbnas.leaderboards.tables.rank_correlation import rank_correlation
from imbnas.leaderboards.tables.shared.comparisons import family
from imbnas.leaderboards.tables.tau_by_length import tau_by_length
from imbnas.stats import (
    holm,
    image_variance,
    rank_transfer,
    regret_of_transfer,
    t_interval,
    tau_b,
)
from imbnas.suites.load import load_suite
from imbnas.suites.resolved import CommonImages, ResolvedSuite
from imbnas.suites.schema import Training, TransferPart
from imbnas.units.correct_bits import pack
from imbnas.units.image_labels import pack as pack_labels
from imbnas.units.metrics import TrainMetrics

from ...factories import make_record, train_metrics, varied, with_parts

CLASSES, IMAGES = 10, 1000
BALANCED = Training(condition="digits@1x", scheme="ce")
TAIL = Training(condition="digits@10x", scheme="cb-drw")
REWEIGHTED = Training(condition="digits@10x", scheme="ce")
Metrics = Callable[[Training, int, int], TrainMetrics]


def part(*trainings: Training) -> TransferPart:
    return TransferPart(kind="transfer", reference=trainings[0], targets=trainings[1:])


def suite(resolved: ResolvedSuite, *trainings: Training, **changes: Any) -> ResolvedSuite:
    """A suite of one transfer part; conditions that it lacks are those of the tail."""
    facts, tail = resolved.conditions, resolved.conditions["digits@10x"]
    facts = {t.condition: facts.get(t.condition) or _renamed(tail, t.condition) for t in trainings}
    schemes = {t.scheme: resolved.schemes.get(t.scheme) for t in trainings}
    ce = resolved.schemes["ce"]
    schemes = {name: each or varied(ce, name=name) for name, each in schemes.items()}
    known = {"conditions": facts, "schemes": schemes, "rankers": {}} | changes
    return with_parts(resolved, transfer=part(*trainings)).model_copy(update=known)


def _renamed(facts: Any, name: str) -> Any:
    condition = facts.condition.model_copy(update={"order": name.split("order-")[-1]})
    refs = tuple(ref.model_copy(update={"condition": f"{name}:subset-{r}"})
                 for r, ref in enumerate(facts.replicates))  # fmt: skip
    return facts.model_copy(update={"condition": condition, "replicates": refs})


def collect(resolved: ResolvedSuite, metrics: Metrics, without: Training | None = None) -> Results:
    def made() -> Iterator[Any]:
        expansion = Results(resolved, {}).expansion
        trainings = resolved.suite.parts["transfer"].trainings
        for training in (t for t in trainings if t != without):
            for r in range(resolved.replicates):
                for a, unit in enumerate(expansion.population(training, r)):
                    yield make_record(unit, metrics(training, a, r))

    return Results.collect(resolved, made())


def reached(accuracy: Mapping[Training, Floats], **more: Any) -> Metrics:
    """Metrics of known accuracies, rounded to one of a thousand images."""

    def metrics(training: Training, a: int, r: int) -> TrainMetrics:
        correct = (round(IMAGES * float(accuracy[training][a, r])),) * CLASSES
        return train_metrics(class_correct=correct, class_total=(IMAGES,) * CLASSES, **more)

    return metrics


def noisy(rng: np.random.Generator, truth: Floats, sd: float, replicates: int = 4) -> Floats:
    return 0.5 + 0.1 * truth[:, None] + sd * rng.normal(size=(len(truth), replicates))


def halves(x: Floats, y: Floats) -> float:
    """Mean tau over splits of replicates into halves, by hand."""
    numbers, size = range(x.shape[1]), x.shape[1] // 2
    splits = [
        (list(chosen), [r for r in numbers if r not in chosen])
        for k in {size, len(numbers) - size}
        for chosen in combinations(numbers, k)
    ]
    # Sums of equal values in another order are ties.
    means = [(x[:, i].mean(1).round(9), y[:, j].mean(1).round(9)) for i, j in splits]
    return float(np.mean([tau_b(*pair) for pair in means]))


def transfers(results: Results) -> list[dict[str, Any]]:
    table = rank_correlation(results)
    return table[table["x_scheme"].ne("")].to_dict("records")


@pytest.fixture(scope="module")
def resolved(resolve_tiny: Any) -> ResolvedSuite:
    found: ResolvedSuite = resolve_tiny(replicates=4, size=24)
    return found


def test_an_effect_of_shared_images_is_no_agreement(resolved: ResolvedSuite) -> None:
    """Equal replicates share their subset, and with it what it does to each architecture."""
    rng = np.random.default_rng(3)
    effect = 0.1 * rng.normal(size=(24, 4))
    accuracy = {t: noisy(rng, rng.normal(size=24), 0.01) + effect for t in (BALANCED, TAIL)}
    results = collect(suite(resolved, BALANCED, TAIL), reached(accuracy))
    held = [results.population_accuracy[t] for t in (BALANCED, TAIL)]
    row = transfers(results)[0]
    assert row["tau_b"] == pytest.approx(halves(*held))
    assert rank_transfer(*held).tau_b > row["tau_b"] + 0.1
    assert row["family"] == "reference"


def test_shared_images_are_those_of_the_pairs_that_are_compared(resolved: ResolvedSuite) -> None:
    accuracy = {t: np.full((24, 4), 0.5) for t in (BALANCED, TAIL)}
    asked = suite(resolved, BALANCED, TAIL)
    row = transfers(collect(asked, reached(accuracy)))[0]
    assert 0.9 < row["shared_images"] < 0.95
    table = rank_correlation(collect(asked, reached(accuracy)))
    assert table[table["x_scheme"].eq("")]["shared_images"].isna().all()


def test_conditions_that_share_nothing_are_compared_in_all_replicates(
    resolved: ResolvedSuite,
) -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(size=24)
    accuracy = {t: noisy(rng, truth, 0.05) for t in (BALANCED, TAIL)}
    known = tuple(each for each in resolved.common_images if len(set(each.conditions)) == 1)
    results = collect(suite(resolved, BALANCED, TAIL, common_images=known), reached(accuracy))
    row = transfers(results)[0]
    held = [results.population_accuracy[t] for t in (BALANCED, TAIL)]
    assert row["tau_b"] == pytest.approx(rank_transfer(*held).tau_b)
    assert row["shared_images"] == 0


def test_replicates_of_one_fixed_subset_are_all_compared(resolved: ResolvedSuite) -> None:
    """Equal ones share no more than others, so that leaving them out would only cost power."""
    rng = np.random.default_rng(11)
    truth = rng.normal(size=24)
    accuracy = {t: noisy(rng, truth, 0.05) for t in (BALANCED, TAIL)}
    pair = (TAIL.condition, BALANCED.condition)
    fixed = (CommonImages(conditions=pair, same=1, different=1),)
    results = collect(suite(resolved, BALANCED, TAIL, common_images=fixed), reached(accuracy))
    row = transfers(results)[0]
    held = [results.population_accuracy[t] for t in (BALANCED, TAIL)]
    assert row["tau_b"] == pytest.approx(rank_transfer(*held).tau_b)
    assert row["shared_images"] == 1


@pytest.mark.parametrize(("half", "apart"), [(None, True), (1, True), (2, False)])
def test_older_suites_share_unless_their_halves_differ(
    resolved: ResolvedSuite, half: int | None, apart: bool
) -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(size=24)
    accuracy = {t: noisy(rng, truth, 0.05) for t in (BALANCED, TAIL)}
    asked = suite(resolved, BALANCED, TAIL, common_images=())
    if half is not None:
        conditions = {BALANCED.condition: {"condition": {"half": 1}}}
        conditions[TAIL.condition] = {"condition": {"half": half}}
        asked = varied(asked, conditions=conditions)
    results = collect(asked, reached(accuracy))
    row = transfers(results)[0]
    held = [results.population_accuracy[t] for t in (BALANCED, TAIL)]
    expected = halves(*held) if apart else rank_transfer(*held).tau_b
    assert row["tau_b"] == pytest.approx(expected)
    assert pd.isna(row["shared_images"]) if apart else row["shared_images"] == 0


def test_a_single_replicate_of_shared_images_has_no_tau_and_says_so(
    resolve_tiny: Any,
) -> None:
    single = resolve_tiny(replicates=1, size=12)
    accuracy = {t: np.linspace(0.2, 0.8, 12)[:, None] for t in (BALANCED, TAIL)}
    results = collect(suite(single, BALANCED, TAIL), reached(accuracy))
    row = transfers(results)[0]
    assert pd.isna(row["tau_b"])
    assert pd.isna(row["shared_images"])
    assert row["n_missing"] == 0
    assert answer({"rank_correlation": rank_correlation(results)}).startswith(
        "A single replicate has no rank correlation"
    )


def test_below_ten_architectures_there_are_counts_and_no_numbers(resolve_tiny: Any) -> None:
    small = resolve_tiny(replicates=3, size=9)
    accuracy = {t: np.linspace(0.2, 0.8, 27).reshape(9, 3) for t in (BALANCED, TAIL)}
    results = collect(suite(small, BALANCED, TAIL), reached(accuracy))
    table = rank_correlation(results)
    assert len(table) == 5
    assert set(table["n_architectures"]) == {9}
    empty = ["tau_b", "ci_low", "noise_ceiling", "verdict", "tau_within_macs", "regret_top10"]
    assert table[empty].isna().all().all()
    assert table["regret_top1"].notna().all()
    assert answer({"rank_correlation": rank_correlation(results)}) == (
        "9 architectures are too few for a rank correlation, which needs 10 distinct ones."
    )


def test_families_of_figure_1_are_its_nine_pairs() -> None:
    asked = load_suite("lt-cifar").parts["transfer"]
    assert isinstance(asked, TransferPart)
    pairs = list(combinations(asked.trainings, 2))
    families = Counter(family(asked.reference, x, y) for x, y in pairs)
    assert families == {"across datasets": 9, "reference": 3, "other": 16}
    nine = {
        (x.condition, y.condition)
        for x, y in pairs
        if family(asked.reference, x, y) == "across datasets"
    }
    ratios = ("1x", "50x", "100x")
    assert nine == {(f"cifar10@{a}", f"cifar100@{b}") for a in ratios for b in ratios}


def test_a_family_is_corrected_by_itself(resolved: ResolvedSuite) -> None:
    rng = np.random.default_rng(6)
    trainings = (BALANCED, TAIL, REWEIGHTED)
    accuracy = {t: noisy(rng, rng.normal(size=24), 0.03) for t in trainings}
    results = collect(suite(resolved, *trainings), reached(accuracy))
    rows = transfers(results)
    assert [row["family"] for row in rows] == ["reference", "reference", "other"]
    numbers = (range(4), range(4))
    plain = [
        rank_transfer(
            *(results.population_accuracy[t] for t in pair),
            classes=results.functional_classes,
            replicates=numbers,
        ).p_value
        for pair in combinations(trainings, 2)
    ]
    adjusted = (*holm(plain[:2]), *holm(plain[2:]))
    assert [row["p_adjusted"] for row in rows] == pytest.approx(adjusted)


def test_pairs_whose_trainings_are_missing_count_in_the_correction(resolved: ResolvedSuite) -> None:
    rng = np.random.default_rng(6)
    trainings = (BALANCED, TAIL, REWEIGHTED)
    accuracy = {t: noisy(rng, rng.normal(size=24), 0.03) for t in trainings}
    whole, alone = suite(resolved, *trainings), suite(resolved, BALANCED, TAIL)
    (pair,) = transfers(collect(alone, reached(accuracy)))
    row, *missing = transfers(collect(whole, reached(accuracy), without=REWEIGHTED))
    assert 0 < pair["p_adjusted"] < 0.5
    assert row["p_adjusted"] == pytest.approx(2 * pair["p_adjusted"])
    assert all(pd.isna(each["p_adjusted"]) for each in missing)


def test_regrets_are_in_percentage_points_between_different_replicates(
    resolved: ResolvedSuite,
) -> None:
    rng = np.random.default_rng(7)
    accuracy = {t: noisy(rng, rng.normal(size=24), 0.03) for t in (BALANCED, TAIL)}
    results = collect(suite(resolved, BALANCED, TAIL), reached(accuracy))
    x, y = (100 * results.population_accuracy[t] for t in (BALANCED, TAIL))
    table = rank_correlation(results)
    numbers = (range(4), range(4))
    for k, names in ((1, ("top1", "random")), (10, ("top10", "random10"))):
        expected = regret_of_transfer(x, y, k, replicates=numbers)
        row = table.iloc[0]
        found = [row[f"regret_{names[0]}{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx([expected.regret, expected.low, expected.high])
        assert row[f"regret_{names[1]}"] == pytest.approx(expected.random_pick)
        macs = np.array([member.macs for member in resolved.population], float)
        expected = regret_of_transfer(macs, y, k, exact=True)
        row = table[table["x"].eq("macs") & table["y"].eq(TAIL.condition)].iloc[0]
        found = [row[f"regret_{names[0]}{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx([expected.regret, expected.low, expected.high])


class Splits:
    """Two datasets of one ranking whose test images favour other architectures."""

    PER_CLASS = 20
    labels = np.repeat(np.arange(CLASSES), PER_CLASS)

    def __init__(self, resolved: ResolvedSuite, *, bits: bool) -> None:
        other = {"dataset_digest": "b" * 64}
        tail = resolved.conditions[TAIL.condition]
        refs = tuple(ref.model_copy(update=other) for ref in tail.replicates)
        first = resolved.conditions[BALANCED.condition].replicates[0].dataset_digest
        self.bits = bits
        self.resolved = suite(
            varied(resolved, conditions={TAIL.condition: {"replicates": refs}}),
            BALANCED,
            TAIL,
            common_images=(CommonImages(conditions=("digits@1x",) * 2, same=1, different=1),),
            test_labels={digest: pack_labels(self.labels) for digest in (first, "b" * 64)},
        )

    def draw(self, seed: int) -> Results:
        rng = np.random.default_rng(seed)
        n, replicates = len(self.resolved.population), self.resolved.replicates
        truth = rng.normal(size=n)
        right = {t: self._right(rng, truth, replicates) for t in (BALANCED, TAIL)}

        def metrics(training: Training, a: int, r: int) -> TrainMetrics:
            marked = right[training][a, r]
            return train_metrics(
                class_correct=tuple(np.bincount(self.labels[marked], minlength=CLASSES).tolist()),
                class_total=(self.PER_CLASS,) * CLASSES,
                correct_bits=pack(marked) if self.bits else None,
            )

        self.right = right
        return collect(self.resolved, metrics)

    def _right(self, rng: np.random.Generator, truth: Floats, replicates: int) -> Any:
        """An image is hard for an architecture, mostly in every replicate: SD 0.35 of truth's."""
        n, images = len(truth), len(self.labels)
        accuracy = 0.6 + 0.08 * truth[:, None] + 0.02 * rng.normal(size=(n, replicates))
        hard = np.repeat(rng.random((n, 1, images)), replicates, axis=1)
        again = rng.random(hard.shape) < 0.35
        hard[again] = rng.random(int(again.sum()))
        return hard < accuracy[:, :, None]


@pytest.fixture(scope="module")
def large(resolve_tiny: Any) -> ResolvedSuite:
    found: ResolvedSuite = resolve_tiny(replicates=4, size=64)
    return found


def test_test_images_of_another_dataset_are_noise(large: ResolvedSuite) -> None:
    splits = Splits(large, bits=True)
    before, after = [], []
    for seed in range(8):
        results = splits.draw(seed)
        row = transfers(results)[0]
        x, y = (results.population_accuracy[t] for t in (BALANCED, TAIL))
        before.append(rank_transfer(x, y, classes=results.functional_classes).verdict)
        after.append(row["verdict"])
        for side, training in (("x", BALANCED), ("y", TAIL)):
            sd = image_variance(splits.right[training], splits.labels).sd
            assert row[f"test_sd_{side}"] == pytest.approx(100 * sd)
        assert row["test_sd_x"] == pytest.approx(100 * 0.35 * 0.08, rel=0.25)
        assert row["test_images"] == "other"
        assert row["family"] == "reference"
    assert before.count("changed") >= 3
    assert "changed" not in after


def test_records_without_bits_are_named(large: ResolvedSuite) -> None:
    splits = Splits(large, bits=False)
    results = splits.draw(0)
    row = transfers(results)[0]
    assert row["test_images"] == "other, noise unknown"
    assert pd.isna(row["test_sd_x"])
    plain = rank_transfer(
        *(results.population_accuracy[t] for t in (BALANCED, TAIL)),
        classes=results.functional_classes,
    )
    assert row["noise_ceiling"] == pytest.approx(plain.noise_ceiling)


def test_one_test_split_adds_nothing(resolved: ResolvedSuite) -> None:
    accuracy = {t: np.full((24, 4), 0.5) for t in (BALANCED, TAIL)}
    row = transfers(collect(suite(resolved, BALANCED, TAIL), reached(accuracy)))[0]
    assert row["test_images"] == "same"
    assert pd.isna(row["test_sd_x"])


def test_schemes_of_one_condition_are_rows_whose_replicates_stay_apart(
    resolved: ResolvedSuite,
) -> None:
    rng = np.random.default_rng(8)
    schemes = ("ce", "cb-drw", "balanced-softmax")
    trainings = tuple(Training(condition="digits@10x", scheme=name) for name in schemes)
    effect = 0.1 * rng.normal(size=(24, 4))
    accuracy = {t: noisy(rng, rng.normal(size=24), 0.01) + effect for t in trainings}
    results = collect(suite(resolved, *trainings), reached(accuracy))
    rows = transfers(results)
    assert {row["x"] for row in rows} == {row["y"] for row in rows} == {"digits@10x"}
    named = [(row["x_scheme"], row["y_scheme"]) for row in rows]
    assert named == list(combinations(schemes, 2))
    assert [row["family"] for row in rows] == ["reference", "reference", "other"]
    for row, pair in zip(rows, combinations(trainings, 2), strict=True):
        held = [results.population_accuracy[t] for t in pair]
        assert row["tau_b"] == pytest.approx(halves(*held))
        assert row["noise_ceiling"] is not None
        assert 0 < row["shared_images"] < 1


def test_a_statement_over_class_orders(resolved: ResolvedSuite) -> None:
    rng = np.random.default_rng(9)
    orders = [
        Training(condition=f"digits@10x{suffix}", scheme="ce")
        for suffix in ("", ":order-reversed", ":order-1")
    ]
    trainings = (BALANCED, *orders)
    truth = rng.normal(size=24)
    accuracy = {t: noisy(rng, truth + rng.normal(size=24) * (t in orders), 0.02) for t in trainings}
    known = tuple(
        CommonImages(conditions=tuple(sorted((x.condition, y.condition))), same=1, different=0.5)
        for x in trainings
        for y in trainings
    )
    results = collect(suite(resolved, *trainings, common_images=known), reached(accuracy))
    rows = [row for row in transfers(results) if row["x"] == "digits@1x"]
    (found,) = class_orders(results).to_dict("records")
    assert (found["x"], found["y"], found["y_scheme"]) == ("digits@1x", "digits@10x", "ce")
    assert (found["orders"], found["n_orders"]) == ("1, identity, reversed", 3)
    taus, ceilings = ([row[name] for row in rows] for name in ("tau_b", "noise_ceiling"))
    assert found["tau_mean"] == pytest.approx(np.mean(taus))
    assert found["tau_sd"] == pytest.approx(np.std(taus, ddof=1))
    interval = t_interval(ceilings, taus)
    assert [found[f"difference_{name}"] for name in ("mean", "low", "high")] == pytest.approx(
        [interval.mean, interval.low, interval.high]
    )
    assert found["n_changed"] == sum(row["verdict"] == "changed" for row in rows)
    assert found["n_missing"] == 0
    two = suite(resolved, BALANCED, *orders[:2], common_images=known)
    assert class_orders(Results(two, results.records)).empty


def test_short_trainings_are_compared_with_ends_of_other_replicates(
    resolved: ResolvedSuite,
) -> None:
    rng = np.random.default_rng(10)
    truth = rng.normal(size=24)
    effect = 0.1 * rng.normal(size=(24, 4))
    accuracy = {t: noisy(rng, truth, 0.02) + effect for t in (BALANCED, TAIL)}
    early = {t: np.clip(noisy(rng, truth, 0.05) + effect, 0, 1) for t in accuracy}

    def metrics(training: Training, a: int, r: int) -> TrainMetrics:
        seen = (round(IMAGES * float(early[training][a, r])),) * CLASSES
        curve = [(1, seen, (IMAGES,) * CLASSES)]
        return reached(accuracy, curve=curve)(training, a, r)

    asked = suite(resolved, BALANCED, TAIL)
    results = collect(asked, metrics)
    table = tau_by_length(results).set_index(["condition", "epoch"])
    assert list(table.index) == [(c, e) for c in ("digits@1x", "digits@10x") for e in (1, 2)]
    assert list(table["images"]) == ["validation", "test"] * 2
    early = {t: np.round(IMAGES * values) / IMAGES for t, values in early.items()}
    final = results.population_accuracy
    row = table.loc["digits@10x", 1]
    assert row["tau_b"] == pytest.approx(halves(early[TAIL], final[TAIL]))
    assert row["tau_b"] < rank_transfer(early[TAIL], final[TAIL]).tau_b
    assert row["ci_low"] < row["tau_b"] < row["noise_ceiling"] + 0.3
    assert row["reference_tau"] == pytest.approx(halves(early[BALANCED], early[TAIL]))
    assert row["accuracy_mean"] == pytest.approx(100 * early[TAIL].mean())
    end = table.loc["digits@10x", 2]
    assert end["tau_b"] == pytest.approx(halves(final[TAIL], final[TAIL]))
    assert end["reference_tau"] == pytest.approx(transfers(results)[0]["tau_b"])
    assert pd.isna(table.loc["digits@1x", 1]["reference_tau"])
    assert table["n_missing"].eq(0).all()
    lost = results.population_identities[TAIL][0][3]
    gap = Results(asked, {i: r for i, r in results.records.items() if i != lost})
    missing = tau_by_length(gap).set_index(["condition", "epoch"])
    assert list(missing["n_missing"]) == [0, 0, 2, 1]
    assert missing.loc["digits@10x", 1]["n_architectures"] == 23


def test_recipes_without_a_learning_curve_have_no_rows(resolved: ResolvedSuite) -> None:
    plain = varied(suite(resolved, BALANCED, TAIL), settings={"network": {"curve_points": 0}})
    assert tau_by_length(Results(plain, {})).empty
