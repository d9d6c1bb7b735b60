"""Strategies against each other: supernets that disagree, ties, several searchers."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imbnas.leaderboards.headline import strategies_answer
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.adaptation import adaptation
from imbnas.leaderboards.tables.build import build_tables
from imbnas.leaderboards.tables.shared.rankings import rankings
from imbnas.leaderboards.tables.shared.standings import Standings
from imbnas.leaderboards.tables.strategy_differences import strategy_differences
from imbnas.stats import holm, predictive_tau
from imbnas.suites.choice import SearcherChoice
from imbnas.suites.expand import Chain, Expansion, Retraining
from imbnas.suites.fidelity import PopulationRule
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import AdaptationPart, Training, TransferPart
from imbnas.units.metrics import RankMetrics, SearchMetrics
from imbnas.units.records import Record

from ... import factories
from ...factories import train_metrics

TAIL = Training(condition="digits@10x", scheme="cb-drw")
STRATEGIES = ("p0", "p1", "p2", "p3")
REPLICATES, SIZE = 6, 32
Fabricate = Callable[[ResolvedSuite], Iterator[Record]]


@pytest.fixture(scope="module")
def resolved(tiny_suite: Path) -> ResolvedSuite:
    """Four strategies, each searched by evolution and by a random draw of one architecture."""
    draw = SearcherChoice(name="random", options={"evaluations": 1})
    return factories.resolve(
        tiny_suite,
        replicates=REPLICATES,
        fidelities={
            "only": {
                "population": PopulationRule(size=SIZE, seed=3),
                "searchers": {"draw": draw},
            }
        },
        parts={"adaptation": {"strategies": STRATEGIES, "searchers": ("draw",)}},
    )


@pytest.fixture(scope="module")
def results(resolved: ResolvedSuite, fabricate_records: Fabricate) -> Results:
    return Results.collect(resolved, fabricate_records(resolved))


@pytest.fixture(scope="module")
def part(resolved: ResolvedSuite) -> AdaptationPart:
    found = resolved.suite.parts["adaptation"]
    assert isinstance(found, AdaptationPart)
    return found


def replaced(results: Results, metrics: Mapping[str, object]) -> Results:
    """The same results with other metrics in some records, made where there was none."""
    changed = {
        identity: results.records[identity].model_copy(update={"metrics": each})
        for identity, each in metrics.items()
    }
    return Results(results.resolved, {**results.records, **changed})


def scores_of(results: Results, part: AdaptationPart, strategy: str) -> np.ndarray:
    """(architectures, replicates) scores of a strategy's supernets, from their records."""
    columns = []
    for chain in results.chains(part, strategy):
        metrics = results.records[chain.population_scores.identity].metrics
        assert isinstance(metrics, SearchMetrics)
        columns.append([score for _, score in metrics.scores])
    return np.array(columns).T


def scored(chain: Chain, results: Results, quality: np.ndarray) -> dict[str, object]:
    """Scores of the population by one adapted supernet."""
    members = [member.architecture for member in results.resolved.population]
    # Recalls in the order of the quality, whatever its scale.
    recalls = 0.5 + quality / 1000
    scores = tuple(zip(members, recalls.tolist(), strict=True))
    best = members[int(quality.argmax())]
    return {chain.population_scores.identity: SearchMetrics(best=best, scores=scores)}


def with_accuracies(
    results: Results, part: AdaptationPart, accuracies: Mapping[tuple[str, str], np.ndarray]
) -> Results:
    """What each strategy and searcher found reaches these accuracies, by replicate.

    Each finds an architecture of its own, so that no training is shared.
    """
    records = dict(results.records)
    for place, ((strategy, searcher), values) in enumerate(accuracies.items()):
        found = results.resolved.population[place].architecture
        for chain, value in zip(results.chains(part, strategy, searcher), values, strict=True):
            search = factories.make_record(
                chain.search, SearchMetrics(best=found, scores=((found, 1.0),))
            )
            unit = results.expansion.retrain(Retraining(chain, TAIL), found)
            correct = (round(1000 * float(value)),) * 10
            trained = train_metrics(class_correct=correct, class_total=(1000,) * 10)
            records |= {
                search.identity: search,
                unit.identity: factories.make_record(unit, trained),
            }
    return Results(results.resolved, records)


def rows_of(table: pd.DataFrame, **values: str) -> pd.DataFrame:
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def single(table: pd.DataFrame, **values: str) -> pd.Series:
    (row,) = (row for _, row in rows_of(table, **values).iterrows())
    return row


def judged_taus(scores: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """tau-b of each column to the mean of the accuracies of the other replicates."""
    # Rounded, so that equal sets of accuracies tie in whatever order they are added.
    others = [np.delete(actual, r, axis=1).mean(axis=1).round(12) for r in range(actual.shape[1])]
    return np.array(
        [
            stats.kendalltau(column, other).statistic
            for column, other in zip(scores.T, others, strict=True)
        ]
    )


def over_replicates(row: pd.Series) -> tuple[float, float]:
    """Student's interval of a mean tau over supernets, by artanh."""
    half = stats.t.ppf(0.975, REPLICATES - 1) * row["tau_sd"] / np.sqrt(REPLICATES)
    middle, half = np.arctanh(row["tau_b"]), half / (1 - row["tau_b"] ** 2)
    return np.tanh(middle - half) + 1e-12, np.tanh(middle + half) - 1e-12


# What the published supernets of p2 said, more or less: 0.12 on average, with an SD of 0.17.
DISAGREEING = np.array([-0.15, 0.45, 0.2, -0.1, 0.3, 0.25])


@pytest.fixture(scope="module")
def disagreeing(results: Results, part: AdaptationPart) -> Results:
    """Supernets of p2 that rank by the truth, against it, or by something else."""
    rng = np.random.default_rng(5)
    truth = stats.zscore(results.population_accuracy[TAIL].mean(axis=1))
    metrics: dict[str, object] = {}
    for chain, share in zip(results.chains(part, "p2"), 1.5 * DISAGREEING, strict=True):
        noise = np.sqrt(1 - share**2) * rng.normal(size=SIZE)
        metrics |= scored(chain, results, share * truth + noise)
    return replaced(results, metrics)


def test_supernets_that_disagree_widen_the_interval_of_tau(
    disagreeing: Results, part: AdaptationPart
) -> None:
    """As wide as Student's over supernets: resampled architectures gave a part of it."""
    row = single(adaptation(disagreeing), strategy="p2", searcher="evolution")
    scores = scores_of(disagreeing, part, "p2")
    taus = judged_taus(scores, disagreeing.population_accuracy[TAIL])
    assert row["tau_b"] == pytest.approx(taus.mean())
    assert row["tau_sd"] == pytest.approx(taus.std(ddof=1))
    low, high = over_replicates(row)
    assert row["tau_sd"] > 0.1
    assert row["ci_low"] <= low < 0 < high <= row["ci_high"]
    resampled = predictive_tau(scores, disagreeing.population_accuracy[TAIL])
    assert high - low > 1.5 * (resampled.ci_high - resampled.ci_low)
    assert row["tau_corrected_low"] < row["tau_corrected"] < row["tau_corrected_high"]


def judged_by_others(results: Results, training: Training, replicate: int) -> float:
    """tau-b of one replicate's scores to the mean accuracies of the others, by SciPy."""
    metrics = results.records[results.expansion.ranking("synflow", training, replicate).identity]
    assert isinstance(metrics.metrics, RankMetrics)
    scores = [score for _, score in metrics.metrics.scores]
    accuracies = np.delete(results.population_accuracy[training], replicate, axis=1).mean(axis=1)
    return float(stats.kendalltau(scores, accuracies).statistic)


def test_rankers_that_disagree_widen_theirs_and_counts_stay_as_they_were(
    resolve_tiny: Callable[..., ResolvedSuite], fabricate_records: Fabricate
) -> None:
    resolved = resolve_tiny(REPLICATES, size=SIZE)
    results = Results.collect(resolved, fabricate_records(resolved))
    rng = np.random.default_rng(5)
    truth = stats.zscore(results.population_accuracy[TAIL].mean(axis=1))
    metrics = {}
    for replicate, share in enumerate(DISAGREEING):
        unit = results.expansion.ranking("synflow", TAIL, replicate)
        scores = share * truth + np.sqrt(1 - share**2) * rng.normal(size=SIZE)
        members = [member.architecture for member in resolved.population]
        pairs = tuple(zip(members, scores.tolist(), strict=True))
        metrics[unit.identity] = RankMetrics(scores=pairs)
    changed = replaced(results, metrics)
    tables = build_tables(changed)
    row = single(tables["rankers"], ranker="synflow", condition="digits@10x")
    low, high = over_replicates(row)
    assert row["ci_low"] <= low < high <= row["ci_high"]
    reference = Training(condition="digits@1x")
    changes = [
        judged_by_others(changed, TAIL, r) - judged_by_others(changed, reference, r)
        for r in range(REPLICATES)
    ]
    width = 2 * stats.t.ppf(0.975, REPLICATES - 1) * np.std(changes, ddof=1) / np.sqrt(REPLICATES)
    assert row["difference"] == pytest.approx(np.mean(changes))
    assert row["difference_high"] - row["difference_low"] > width > 0.1
    beside = single(tables["adaptation"], strategy="synflow")
    assert (beside["ci_low"], beside["ci_high"]) == (row["ci_low"], row["ci_high"])
    # A count has no replicates: all accuracies judge it, and architectures alone are drawn.
    count = single(tables["rankers"], ranker="macs", condition="digits@10x")
    macs = [member.macs for member in resolved.population]
    actual = results.population_accuracy[TAIL].mean(axis=1)
    assert count["tau_b"] == pytest.approx(stats.kendalltau(macs, actual).statistic)
    assert pd.isna(count["tau_sd"])
    assert count["ci_low"] < count["tau_b"] < count["ci_high"]


def test_a_ranking_that_failed_is_left_out_on_both_sides_of_a_change(
    resolve_tiny: Callable[..., ResolvedSuite], fabricate_records: Fabricate
) -> None:
    resolved = resolve_tiny(4, size=SIZE)
    results = Results.collect(resolved, fabricate_records(resolved))
    transfer = resolved.suite.parts["transfer"]
    assert isinstance(transfer, TransferPart)
    lost = results.expansion.ranking("synflow", TAIL, 1).identity
    kept = {i: record for i, record in results.records.items() if i != lost}
    row = single(
        build_tables(Results(resolved, kept))["rankers"], ranker="synflow", condition="digits@10x"
    )
    taus = {}
    for training in transfer.trainings:
        ranked = next(r for r in rankings(results, transfer, training) if r.label == "synflow")
        taus[training] = judged_taus(ranked.scores.values, results.population_accuracy[training])
    common = [0, 2, 3]
    change = taus[TAIL][common] - taus[transfer.reference][common]
    assert row["difference"] == pytest.approx(change.mean())
    assert row["tau_b"] == pytest.approx(taus[TAIL][common].mean())
    assert row["n_missing"] == 1


def test_a_missing_search_misaligns_no_replicate(results: Results, part: AdaptationPart) -> None:
    lost = results.chains(part, "p2")[1].population_scores.identity
    holed = Results(results.resolved, {i: r for i, r in results.records.items() if i != lost})
    taus, other = (
        judged_taus(scores_of(results, part, strategy), results.population_accuracy[TAIL])
        for strategy in ("p2", "p0")
    )
    kept = [0, 2, 3, 4, 5]
    row = single(adaptation(holed), strategy="p2", searcher="evolution")
    assert row["tau_b"] == pytest.approx(taus[kept].mean())
    table = strategy_differences(holed)
    found = single(table, metric="tau", strategy="p2", reference="p0")
    assert found["difference"] == pytest.approx((taus - other)[kept].mean())
    assert (found["n_pairs"], found["n_missing"]) == (5, 1)


LADDER = {
    ("p0", "evolution"): 0.50, ("p1", "evolution"): 0.601, ("p2", "evolution"): 0.599,
    ("p3", "evolution"): 0.80, ("p0", "draw"): 0.40, ("p1", "draw"): 0.41,
    ("p2", "draw"): 0.402, ("p3", "draw"): 0.405,
}  # fmt: skip


@pytest.fixture(scope="module")
def ladder(results: Results, part: AdaptationPart) -> Results:
    """p3 above p1 and p2, which are one, above p0, above all that draw."""
    rng = np.random.default_rng(8)
    shared = 0.02 * rng.normal(size=REPLICATES)
    values = {
        key: mean + shared + 0.01 * rng.normal(size=REPLICATES) for key, mean in LADDER.items()
    }
    return with_accuracies(results, part, values)


def test_what_the_data_do_not_tell_apart_shares_a_range_of_ranks(ladder: Results) -> None:
    table = adaptation(ladder)
    ranges = {
        key: tuple(
            single(table, strategy=key[0], searcher=key[1])[
                ["accuracy_rank_low", "accuracy_rank_high"]
            ]
        )
        for key in LADDER
    }
    assert ranges["p3", "evolution"] == (1, 1)
    assert ranges["p1", "evolution"] == ranges["p2", "evolution"] == (2, 3)
    assert ranges["p0", "evolution"] == (4, 4)
    assert {ranges[strategy, "draw"] for strategy in STRATEGIES} == {(5, 8)}
    ranks = table["accuracy_rank"].dropna().astype(int)
    assert sorted(ranks) == list(range(1, 9))


def test_one_row_answers_whether_p1_beats_p0_and_falls_behind_p3(ladder: Results) -> None:
    row = single(adaptation(ladder), strategy="p1", searcher="evolution")
    assert (row["accuracy_vs_p0"], row["accuracy_vs_p3"]) == ("better", "worse")
    assert row["tau_vs_p3"] == row["regret_vs_p3"] == "no difference shown"
    reference = single(adaptation(ladder), strategy="p3", searcher="evolution")
    assert reference["accuracy_vs_p0"] == "better"
    assert pd.isna(reference["accuracy_vs_p3"])


def test_differences_are_students_with_holms_correction_over_all_contenders(
    ladder: Results, part: AdaptationPart
) -> None:
    table = rows_of(strategy_differences(ladder), metric="accuracy", reference="p3")
    keys = list(zip(table["strategy"], table["searcher"], strict=True))
    assert sorted(keys) == sorted(set(LADDER) - {("p3", "evolution")})

    def accuracies(strategy: str, searcher: str) -> list[float]:
        found = ladder.retrained(part, strategy, TAIL, searcher)
        return [100 * metrics.mean_accuracy() for metrics in found]

    tests = [stats.ttest_rel(accuracies(*key), accuracies("p3", "evolution")) for key in keys]
    assert table["p_adjusted"].tolist() == pytest.approx(holm([test.pvalue for test in tests]))
    bounds = [test.confidence_interval(0.95) for test in tests]
    assert table["difference_low"].tolist() == pytest.approx([b.low for b in bounds])
    assert table["difference_high"].tolist() == pytest.approx([b.high for b in bounds])
    assert set(table["verdict"]) == {"worse"}
    # The same differences to p0 stand in both tables.
    beside = adaptation(ladder).dropna(subset=["difference_to_p0"])
    other = rows_of(strategy_differences(ladder), metric="accuracy", reference="p0")
    assert beside["difference_to_p0"].tolist() == other["difference"].tolist()
    assert beside["difference_p_adjusted"].tolist() == other["p_adjusted"].tolist()


def test_low_regret_is_better(results: Results, part: AdaptationPart) -> None:
    """p1 scores by the truth, p3 against it, in every replicate."""
    truth = results.population_accuracy[TAIL].mean(axis=1)
    rng = np.random.default_rng(1)
    metrics: dict[str, object] = {}
    for strategy, sign in (("p1", 1), ("p3", -1)):
        for chain in results.chains(part, strategy):
            metrics |= scored(chain, results, sign * truth + 0.02 * rng.normal(size=SIZE))
    told = replaced(results, metrics)
    row = single(adaptation(told), strategy="p1", searcher="evolution")
    assert (row["regret_vs_p3"], row["tau_vs_p3"]) == ("better", "better")
    assert row["regret_rank_high"] < 4
    assert row["top_10_overlap"] > 0.5
    worst = single(adaptation(told), strategy="p3", searcher="evolution")
    assert (worst["regret_vs_p0"], worst["regret_rank_low"]) == ("worse", 4)
    assert worst["top_10_overlap"] < 0.1
    found = single(strategy_differences(told), metric="regret", strategy="p1", reference="p3")
    assert found["difference"] < found["difference_high"] < 0
    assert found["difference"] == pytest.approx(row["regret"] - worst["regret"])


def test_tau_and_regret_stand_in_the_row_of_the_own_searcher(ladder: Results) -> None:
    table = adaptation(ladder)
    own, drawn = (rows_of(table, searcher=name) for name in ("evolution", "draw"))
    assert own["strategy"].tolist() == drawn["strategy"].tolist() == list(STRATEGIES)
    columns = ["tau_b", "tau_corrected", "regret", "tau_rank", "regret_rank", "top_10_overlap"]
    assert own[columns].notna().all().all()
    assert drawn[columns].isna().all().all()
    assert drawn[["accuracy_mean", "difference_to_p0", "cost_ratio"]].notna().all().all()
    assert table["searcher"].isna().sum() == len(table) - 8
    assert set(strategy_differences(ladder).query("metric != 'accuracy'")["searcher"]) == {
        "evolution"
    }


def test_a_part_without_population_on_its_target_compares_accuracies_alone(
    ladder: Results, part: AdaptationPart
) -> None:
    other = factories.with_parts(ladder.resolved, adaptation=part)
    alone = Results.collect(other, ladder.records.values())
    assert set(Standings.of(alone, part).comparisons) == {"accuracy"}
    assert set(strategy_differences(alone)["metric"]) == {"accuracy"}
    assert adaptation(alone)["tau_rank"].isna().all()


def test_nothing_is_said_before_anything_is_finished(resolved: ResolvedSuite) -> None:
    table = strategy_differences(Results.collect(resolved, []))
    assert table["verdict"].isna().all()
    assert (table["n_pairs"] == 0).all()
    assert (table["n_missing"] == REPLICATES).all()
    beside = adaptation(Results.collect(resolved, []))
    ranks = [name for name in beside if "_rank" in name or "_vs_" in name]
    assert beside[ranks].isna().all().all()
    assert strategies_answer({"adaptation": beside}) is None


def test_the_headline_names_what_the_data_do_not_tell_apart(
    ladder: Results, results: Results, part: AdaptationPart
) -> None:
    assert strategies_answer({"adaptation": adaptation(ladder)}) == (
        "Of 8 strategies, p3 by evolution finds the most accurate architectures "
        "(digits@1x to digits@10x)."
    )
    rng = np.random.default_rng(4)
    alike = {key: 0.5 + 0.05 * rng.normal(size=REPLICATES) for key in LADDER}
    table = adaptation(with_accuracies(results, part, alike))
    assert strategies_answer({"adaptation": table}) == (
        "Of 8 strategies, the data tell no two apart by the accuracy of what they find "
        "(digits@1x to digits@10x)."
    )
    above = {key: values - 0.3 + 0.4 * (key[1] == "evolution") for key, values in alike.items()}
    sentence = strategies_answer({"adaptation": adaptation(with_accuracies(results, part, above))})
    assert sentence == (
        "Of 8 strategies, any of p0 by evolution, p1 by evolution, p2 by evolution and p3 by "
        "evolution may find the most accurate architectures: the data do not tell them apart "
        "(digits@1x to digits@10x)."
    )


def test_a_headline_of_tables_without_ranks_is_silent() -> None:
    assert strategies_answer({"adaptation": pd.DataFrame({"strategy": ["p0"]})}) is None


def test_every_searcher_is_expanded(resolved: ResolvedSuite, part: AdaptationPart) -> None:
    assert Expansion(resolved).searchers(part) == ("evolution", "draw")
