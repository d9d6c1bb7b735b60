import csv
import io
import json
import math
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, tables_as_text
from imbnas.leaderboards.tables.formats import to_csv, to_markdown, to_rows
from imbnas.leaderboards.tables.shared.regrets import REFERENCES, regret_by_replicate
from imbnas.leaderboards.tables.shared.scores import Scores
from imbnas.leaderboards.tables.shared.summary import summarise
from imbnas.leaderboards.tables.shared.top_k import top_k
from imbnas.runs.store.directory import RunDirectory
from imbnas.stats import t_interval
from imbnas.suites.expand import Expansion
from imbnas.suites.schema import AdaptationPart, TransferPart
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Record
from imbnas.units.unit import SearchUnit, TrainUnit

from ...factories import train_metrics, varied, with_parts


@pytest.fixture(scope="module")
def records(finished_run: Path) -> list[Record]:
    return list(RunDirectory(finished_run).records())


@pytest.fixture(scope="module")
def results(finished_run: Path, records: list[Record]) -> Results:
    return Results.collect(RunDirectory(finished_run).read_suite(), records)


def without(results: Results, records: list[Record], lost: Record) -> Results:
    return Results.collect(results.resolved, [r for r in records if r is not lost])


def test_tables_do_not_depend_on_the_order_of_records(
    results: Results, records: list[Record]
) -> None:
    shuffled = list(records)
    random.Random(0).shuffle(shuffled)
    other = tables_as_text(build_tables(Results.collect(results.resolved, shuffled)))
    text = tables_as_text(build_tables(results))
    assert {name: other[name] for name in other if "cost" not in name} == {
        name: text[name] for name in text if "cost" not in name
    }


def test_rank_correlation_is_scipys_on_the_records(fabricated: Results) -> None:
    """Recomputed from the raw JSON, without any of the code that makes the tables."""
    accuracy: dict[tuple[str, int], dict[str, float]] = {}
    for record in fabricated.records.values():
        raw = json.loads(record.model_dump_json())
        if raw["unit"]["kind"] != "train" or raw["unit"]["model"]["source"] != "space":
            continue
        condition = raw["unit"]["data"]["condition"].split(":")[0]
        pairs = zip(raw["metrics"]["class_correct"], raw["metrics"]["class_total"], strict=True)
        mean = float(np.mean([correct / total for correct, total in pairs]))
        of_replicate = accuracy.setdefault((condition, raw["unit"]["replicate"]), {})
        of_replicate[raw["unit"]["model"]["architecture"]] = mean
    members = [member.architecture for member in fabricated.resolved.population]
    taus = []
    # The two conditions share images of equal replicates: some speak for one, the rest for the
    # other.
    for chosen in ([0], [1], [2], [0, 1], [0, 2], [1, 2]):
        others = [r for r in range(3) if r not in chosen]
        x, y = (
            # Rounded: as many right answers in other classes are a tie.
            [round(float(np.mean([accuracy[condition, r][a] for r in of])), 9) for a in members]
            for condition, of in (("digits@1x", chosen), ("digits@10x", others))
        )
        taus.append(kendalltau(x, y).statistic)
    row = build_tables(fabricated)["rank_correlation"].iloc[0]
    assert (row["x"], row["y"]) == ("digits@1x", "digits@10x")
    assert row["tau_b"] == pytest.approx(np.mean(taus))
    assert (row["n_architectures"], row["n_replicates"], row["n_missing"]) == (12, 3, 0)


def test_architectures_hold_means_and_rank_differences(results: Results) -> None:
    table = build_tables(results)["architectures"]
    assert len(table) == 4
    ranked = table["mean digits@1x ce"].rank(ascending=False)
    assert list(table["balanced_rank"]) == list(ranked)
    difference = table["balanced_rank"] - table["long_tailed_rank"]
    assert list(table["rank_difference"]) == list(difference)


def test_a_missing_training_is_counted_and_not_averaged_away(
    results: Results, records: list[Record]
) -> None:
    member = results.resolved.population[0].architecture
    lost = next(
        r
        for r in records
        if isinstance(r.unit, TrainUnit)
        and r.unit.model.label == member
        and r.unit.data.condition.startswith("digits@10x")
    )
    tables = build_tables(without(results, records, lost))
    row = tables["rank_correlation"].iloc[0]
    assert (row["n_missing"], row["n_architectures"]) == (1, 3)
    gap = tables["architectures"].iloc[0]
    assert math.isnan(gap["mean digits@10x cb-drw"])
    assert math.isnan(gap["long_tailed_rank"])
    assert not math.isnan(gap["balanced_rank"])


def test_a_missing_search_leaves_a_gap_in_its_strategy_alone(
    results: Results, records: list[Record]
) -> None:
    lost = next(r for r in records if isinstance(r.unit, SearchUnit))
    before = build_tables(results)["adaptation"]
    after = build_tables(without(results, records, lost))["adaptation"]
    assert before["n_missing"].sum() == 0
    assert after["n_missing"].sum() <= 1
    assert list(after["strategy"]) == [
        "p0", "p1", "params", "macs", "source-accuracy", "random-pick", "one-replicate-oracle",
    ]  # fmt: skip


def test_a_run_without_any_record_has_tables_of_gaps(results: Results) -> None:
    tables = build_tables(Results.collect(results.resolved, []))
    row = tables["rank_correlation"].iloc[0]
    assert row["n_missing"] == 16
    assert row["tau_b"] is None or math.isnan(row["tau_b"])
    assert tables["cost"]["units"].sum() == 0
    of_units = tables["cost"]["kind"].ne("strategy")
    assert tables["cost"]["n_missing"][of_units].sum() == len(results.expansion.plan().units)
    tables_as_text(tables)


def test_cost_ratio_compares_multiply_accumulates(results: Results, records: list[Record]) -> None:
    table = build_tables(results)["adaptation"].set_index("strategy")
    assert table.loc["p0", "cost_ratio"] == 0
    assert 0 < table.loc["p1", "cost_ratio"] < 1


def test_costs_are_compared_with_those_of_p3_where_it_was_run(
    results: Results, records: list[Record]
) -> None:
    resolved, part = results.resolved, results.resolved.suite.parts["adaptation"]
    part = varied(part, strategies=("p1", "p3"))
    whole = varied(resolved.strategies["p1"], component={"name": "p3"})
    resolved = varied(with_parts(resolved, adaptation=part), strategies={"p3": whole})
    expansion = Expansion(resolved)
    known = {record.identity: record for record in records}
    paragons = []
    for replicate in range(resolved.replicates):
        p1, p3 = (expansion.chain(part, name, replicate).adapt for name in ("p1", "p3"))
        record = known[p1.identity]
        macs = record.cost.macs * (4 + replicate)
        paragons.append(varied(record, identity=p3.identity, unit=p3, cost={"macs": macs}))
    table = build_tables(Results.collect(resolved, [*records, *paragons]))["adaptation"]
    ratios = table.set_index("strategy")["cost_ratio"]
    assert ratios["p3"] == 1
    assert ratios["p1"] == pytest.approx((1 / 4 + 1 / 5) / 2)


def test_groups_without_classes_are_empty_and_never_zero(results: Results) -> None:
    part = results.resolved.suite.parts["transfer"]
    assert isinstance(part, TransferPart)
    facts = results.facts(part.targets[0])
    assert facts.groups["many"] is None
    metrics = train_metrics(class_correct=(80,) * 10, class_total=(80,) * 10)
    summary = summarise([metrics, None], facts)
    assert summary["many"] is None
    assert summary["few"] == 100
    assert (summary["n_replicates"], summary["n_missing"], summary["accuracy_sd"]) == (1, 1, None)


def pairwise_regrets(scores: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """(scores, judges), by loops: favourite of i against the best on all but j, on j."""
    found = np.full((scores.shape[1], actual.shape[1]), np.nan)
    for i in range(scores.shape[1]):
        for j in range(actual.shape[1]):
            best = np.delete(actual, j, axis=1).mean(axis=1).argmax()
            if i != j:
                found[i, j] = 100 * (actual[best, j] - actual[scores[:, i].argmax(), j])
    return found


def test_regret_chooses_the_oracle_on_other_replicates() -> None:
    actual = np.array([[0.9, 0.5, 0.5], [0.6, 0.6, 0.6], [0.1, 0.7, 0.2]])
    scores = Scores(np.array([[0.0], [0.0], [1.0]]), exact=True)
    # Replicate 0: the others' means are .5, .6, .45, so the oracle is row 1, worth 0.6 there.
    regrets = regret_by_replicate(scores, actual)
    assert regrets[0] == pytest.approx(50)
    # Replicate 1: means of columns 0 and 2 are .7, .6, .15; the oracle is row 0, worth 0.5.
    assert regrets[1] == pytest.approx(-20)
    assert np.isnan(regret_by_replicate(scores, actual[:, :1])).all()


def test_a_favourite_is_judged_on_other_replicates_than_its_own() -> None:
    rng = np.random.default_rng(0)
    actual, scores = rng.random((6, 4)), rng.random((6, 4))
    expected = pairwise_regrets(scores, actual)
    found = regret_by_replicate(Scores(scores), actual)
    assert found.mean() == pytest.approx(np.nanmean(expected))


def test_knowing_the_luck_of_ones_own_replicate_by_heart_gains_nothing() -> None:
    """Accuracies without any difference of architectures; scores that are those accuracies."""
    rng = np.random.default_rng(0)
    lost, on_own = [], []
    for _ in range(40):
        actual = rng.random((20, 6))
        lost.append(regret_by_replicate(Scores(actual), actual).mean())
        on_own.append(100 * (actual.mean() - actual.max(axis=0).mean()))
    assert np.mean(on_own) < -40
    assert abs(np.mean(lost)) < 3 * np.std(lost, ddof=1) / np.sqrt(40)


def test_a_replicate_without_scores_misaligns_no_other() -> None:
    rng = np.random.default_rng(0)
    actual, scores = rng.random((6, 4)), rng.random((6, 4))
    scores[:, 1] = np.nan
    found = regret_by_replicate(Scores(scores), actual)
    assert np.isnan(found).tolist() == [False, True, False, False]
    kept = [0, 2, 3]
    by_pairs = [
        100 * (actual[np.delete(actual, j, axis=1).mean(axis=1).argmax(), j] - actual[pick, j])
        for i in kept
        for j in kept
        if i != j and (pick := scores[:, i].argmax()) >= 0
    ]
    assert np.nanmean(found) == pytest.approx(np.mean(by_pairs))


def test_regret_refuses_scores_that_are_not_by_replicate() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="2 replicates of 3"):
        regret_by_replicate(Scores(rng.random((6, 2))), rng.random((6, 3)))


def test_regret_of_a_tie_is_its_expectation() -> None:
    actual = np.array([[0.9, 0.9], [0.5, 0.5], [0.1, 0.1]])
    scores = np.array([[1.0], [0.0], [1.0]])
    for order in (slice(None), slice(None, None, -1)):
        found = regret_by_replicate(Scores(scores[order], exact=True), actual[order])
        assert found == pytest.approx([40, 40])


def test_references_are_exact_expectations() -> None:
    rng = np.random.default_rng(1)
    actual = rng.random((7, 4))
    random_pick, one_replicate_oracle = (
        regret_by_replicate(scores_from(actual), actual) for scores_from in REFERENCES.values()
    )
    of_oracle = []
    for replicate in range(4):
        others = [r for r in range(4) if r != replicate]
        best = actual[actual[:, others].mean(axis=1).argmax(), replicate]
        # Every architecture in turn, and the favourite of every other replicate in turn.
        picks = [100 * (best - value) for value in actual[:, replicate]]
        assert random_pick[replicate] == pytest.approx(np.mean(picks))
        of_oracle += [100 * (best - actual[actual[:, r].argmax(), replicate]) for r in others]
    assert one_replicate_oracle.mean() == pytest.approx(np.mean(of_oracle))
    # With two replicates the other one is all the oracle knows.
    two = actual[:, :2]
    assert regret_by_replicate(REFERENCES["one-replicate-oracle"](two), two) == pytest.approx(
        [0, 0]
    )
    assert np.isnan(regret_by_replicate(REFERENCES["random-pick"](two[:, :1]), two[:, :1])).all()


def test_the_top_ten_is_judged_on_other_replicates_and_chance_is_known() -> None:
    rng = np.random.default_rng(2)
    actual = rng.random((30, 3))
    # Each replicate's own accuracies, unrelated to the others': a random order.
    own = top_k(Scores(actual), actual)
    overlaps = []
    for r in range(3):
        others = np.delete(actual, r, axis=1).mean(axis=1)
        first, second = (set(np.argsort(v)[-10:]) for v in (actual[:, r], others))
        overlaps.append(len(first & second) / 10)
    assert own["top_10_overlap"] == pytest.approx(np.mean(overlaps))
    chance = top_k(Scores(np.zeros((30, 1)), exact=True), actual)
    assert chance["top_10_overlap"] == pytest.approx(1 / 3)
    assert chance["best_rank_at_10"] == pytest.approx(31 / 11)
    perfect = top_k(Scores(actual.mean(axis=1, keepdims=True), exact=True), actual)
    assert (perfect["top_10_overlap"], perfect["best_rank_at_10"]) == (1, 1)
    assert set(top_k(Scores(actual[:19]), actual[:19]).values()) == {None}
    assert set(top_k(Scores(actual[:, :1]), actual[:, :1]).values()) == {None}


def test_cost_is_counted_with_the_search_apart(results: Results) -> None:
    table = build_tables(results)["adaptation"].set_index("strategy")
    part = results.resolved.suite.parts["adaptation"]
    assert isinstance(part, AdaptationPart)
    for strategy in ("p0", "p1"):
        chains = results.chains(part, strategy)
        for column, units in (
            ("adapt", [chain.adapt for chain in chains]),
            ("search", [chain.search for chain in chains]),
        ):
            costs = [results.records[unit.identity].cost for unit in units]
            images, macs = (
                np.mean([getattr(c, f) for c in costs]) for f in ("images_seen", "macs")
            )
            assert table.loc[strategy, f"{column}_images"] == round(images)
            assert table.loc[strategy, f"{column}_macs"] == round(macs)
    assert table.loc["p0", "adapt_macs"] == 0
    assert table.loc["p1", "search_macs"] > 0
    assert table.loc["macs", ["adapt_macs", "search_macs"]].isna().all()


def test_differences_to_p0_are_corrected_together(fabricated: Results) -> None:
    part = fabricated.resolved.suite.parts["adaptation"]
    table = build_tables(fabricated)["adaptation"].set_index("strategy")
    adjusted = table["difference_p_adjusted"]
    assert np.isnan(adjusted["p0"])
    assert 0 < adjusted["p1"] <= 1
    first, base = (fabricated.retrained(part, s, part.target) for s in ("p1", "p0"))
    interval = t_interval(*([m.mean_accuracy() for m in side] for side in (first, base)))
    # One strategy is compared here, which leaves its p-value as it is.
    assert adjusted["p1"] == pytest.approx(interval.p_value)


def test_text_forms_are_plain_and_escaped() -> None:
    table = pd.DataFrame(
        {"name": ["|a~0|+|b|", "c"], "n": [3, 4], "x": [0.1234567, np.nan], "y": [None, 1.5]}
    )
    rows = list(csv.reader(io.StringIO(to_csv(table))))
    assert rows == [
        ["name", "n", "x", "y"],
        ["|a~0|+|b|", "3", "0.123457", ""],
        ["c", "4", "", "1.5"],
    ]
    markdown = to_markdown(table).splitlines()
    assert markdown[2].replace(" ", "") == r"|\|a~0\|+\|b\||3|0.123||"
    assert to_rows(table)[1] == {"name": "c", "n": 4, "x": None, "y": 1.5}


def test_baselines_show_the_counts_of_the_networks_that_were_trained(
    results: Results, records: list[Record]
) -> None:
    facts = {name: {"params": 1, "macs": 1} for name in results.resolved.baselines}
    other = varied(results.resolved, baselines=facts)
    table = build_tables(Results.collect(other, records))["baselines"].set_index("model")
    trained = [
        r.metrics
        for r in records
        if isinstance(r.unit, TrainUnit) and r.unit.model.label == "mobilenetv3_small_050"
    ]
    assert isinstance(trained[0], TrainMetrics)
    assert table.loc["mobilenetv3_small_050", "params"] == trained[0].params > 1
    assert table.loc["mobilenetv3_small_050", "macs"] == trained[0].macs > 1
