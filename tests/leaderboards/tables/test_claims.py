"""Every kind of claim with records for which it holds, fails, or stays open."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imbnas.cli.tables import print_leaderboards
from imbnas.leaderboards.chart_data.claims import answered_claims
from imbnas.leaderboards.page.render import render
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables
from imbnas.leaderboards.tables.claims import claims
from imbnas.stats import smallest_detectable_difference
from imbnas.suites.expand import Expansion
from imbnas.suites.fidelity import PopulationRule
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import SuiteFile
from imbnas.units.metrics import AdaptMetrics, SearchMetrics, SupernetMetrics
from imbnas.units.records import Record
from imbnas.units.unit import AdaptUnit, SearchUnit, SupernetUnit, TrainUnit, Unit

from ... import factories
from ...factories import make_record, train_metrics, varied

SIZE, REPLICATES = 30, 5
BALANCED, TAILED = "digits@1x", "digits@10x"
PAIR = {"x": {"condition": BALANCED}, "y": {"condition": TAILED, "scheme": "cb-drw"}}
SHIFTS = np.array([-0.002, -0.001, 0.0, 0.001, 0.002])
"""Of accuracy by replicate: mean 0, standard deviation 0.0016."""


def known(**fields: Any) -> dict[str, Any]:
    """A claim about strategies, or with ``pairs`` about rankings."""
    of_kind: dict[str, Any] = {"part": "transfer"}
    if "pairs" not in fields:
        of_kind = {"part": "adaptation", "strategies": ["p1"], "against": "p0"}
    return {"source": "a paper, table 1", "statement": "it is so", **of_kind, **fields}


@dataclass(frozen=True)
class World:
    """What networks, supernets and searches of a suite that nobody ran are worth.

    Attributes:
        tailed: rank of each member on the long-tailed condition.
        noise: standard deviation of accuracies.
        found: strategy → accuracies of what it found, by replicate, in [0, 1].
        scores: strategy → noise of its scores of the population, in ranks.
        macs: strategy → multiply-accumulates of its adaptation.
    """

    tailed: Sequence[int] = tuple(range(SIZE))
    noise: float = 0.001
    found: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    macs: Mapping[str, int] = field(default_factory=dict)

    def records(self, resolved: ResolvedSuite) -> Iterator[Record]:
        """One for each unit; p0 finds the first member, p1 the second, whose ranks stay."""
        rng = np.random.default_rng(0)
        plan = Expansion(resolved).plan()
        members = [member.architecture for member in resolved.population]
        strategies = {unit.identity: unit for unit in plan.units if isinstance(unit, AdaptUnit)}
        best = dict(zip(("p0", "p1"), members, strict=False))

        def metrics(unit: Unit) -> Any:
            match unit:
                case TrainUnit():
                    place = members.index(unit.model.label) if unit.model.source == "space" else 0
                    rank = self.tailed[place] if TAILED in unit.data.condition else place
                    accuracy = np.clip(0.4 + 0.01 * rank + rng.normal(0, self.noise), 0, 1)
                    for strategy, values in self.found.items():
                        if TAILED in unit.data.condition and unit.model.label == best[strategy]:
                            accuracy = values[unit.replicate]
                    return train_metrics(
                        class_correct=(round(100_000 * accuracy),) * 10, class_total=(100_000,) * 10
                    )
                case SupernetUnit():
                    return SupernetMetrics(weights_sha256="0" * 64, train_loss=1.0)
                case AdaptUnit():
                    return AdaptMetrics(weights_sha256="1" * 64)
                case SearchUnit():
                    name = strategies[unit.adapted].strategy.label
                    noise = rng.normal(0, self.scores.get(name, 5.0), SIZE)
                    if unit.searcher != resolved.population_scorer:
                        return SearchMetrics(best=best[name], scores=((best[name], 1.0),))
                    # Ranks and what disturbs them, as recalls.
                    told = 0.5 + (np.array(self.tailed) + noise) / 10_000
                    scores = tuple(zip(members, told.tolist(), strict=True))
                    return SearchMetrics(best=members[int(told.argmax())], scores=scores)
            raise AssertionError(unit)

        for unit in plan.units:
            name = unit.strategy.label if isinstance(unit, AdaptUnit) else ""
            yield make_record(unit, metrics(unit), macs=self.macs.get(name, 1000))


@pytest.fixture(scope="module")
def resolved(tiny_suite: Path) -> ResolvedSuite:
    return factories.resolve(
        tiny_suite,
        replicates=REPLICATES,
        fidelities={"only": {"population": PopulationRule(size=SIZE, seed=3)}},
    )


def claiming(resolved: ResolvedSuite, **stated: dict[str, Any]) -> ResolvedSuite:
    """The suite with claims, each read as from a file."""
    suite = SuiteFile.model_validate(
        json.loads(resolved.suite.model_dump_json()) | {"claims": stated}
    )
    return resolved.model_copy(update={"suite": suite})


def judged(resolved: ResolvedSuite, world: World, **stated: dict[str, Any]) -> pd.DataFrame:
    """The table of claims about a world."""
    suite = claiming(resolved, **stated)
    return claims(Results.collect(suite, world.records(suite)))


RANKINGS = {
    "changed": World(tailed=tuple(reversed(range(SIZE)))),
    "same": World(),
    # Neighbours change places: less than this noise lets show, more than it rules out.
    "open": World(tailed=tuple(place ^ 11 for place in range(32))[:SIZE], noise=0.12),
}


@pytest.mark.parametrize(
    ("world", "change", "agree"),
    [
        ("changed", "supported", "contradicted"),
        ("same", "contradicted", "supported"),
        ("open", "cannot tell", "cannot tell"),
    ],
)
def test_rankings_that_change_agree_or_drown_in_noise(
    resolved: ResolvedSuite, world: str, change: str, agree: str
) -> None:
    table = judged(
        resolved,
        RANKINGS[world],
        change=known(kind="rankings-change", pairs=[PAIR]),
        agree=known(kind="rankings-agree", pairs=[PAIR]),
    ).set_index("claim")
    assert table["answer"].to_dict() == {"change": change, "agree": agree}
    assert table["unit"].eq("tau").all()


def accuracies(mean: float) -> dict[str, Any]:
    """p1 finds networks better by so many percentage points, with a spread."""
    return {"p0": 0.6 + 0 * SHIFTS, "p1": 0.6 + mean / 100 + SHIFTS}


# With 5 pairs and a standard deviation of 0.158 points the interval is ± 0.196 points.
@pytest.mark.parametrize(
    ("kind", "margin", "mean", "answer"),
    [
        ("better", 0.0, 0.3, "supported"),
        ("better", 0.0, 0.1, "cannot tell"),
        ("better", 0.0, -0.3, "contradicted"),
        ("better", 1.0, 1.3, "supported"),
        ("better", 1.0, 0.3, "contradicted"),
        ("not-worse", 0.5, -0.2, "supported"),
        ("not-worse", 0.5, -0.4, "cannot tell"),
        ("not-worse", 0.5, -0.8, "contradicted"),
        ("no-difference", 0.5, 0.2, "supported"),
        ("no-difference", 0.5, 0.4, "cannot tell"),
        ("no-difference", 0.5, 0.8, "contradicted"),
        ("no-difference", 0.5, -0.8, "contradicted"),
    ],
)
def test_differences_of_accuracy(
    resolved: ResolvedSuite, kind: str, margin: float, mean: float, answer: str
) -> None:
    world = World(found=accuracies(mean))
    row = judged(resolved, world, c=known(kind=kind, margin=margin)).iloc[0]
    assert row["answer"] == row["row_answer"] == answer
    assert row["effect"] == pytest.approx(mean)
    half = stats.t.ppf(0.975, 4) * 100 * SHIFTS.std(ddof=1) / np.sqrt(5)
    assert (row["low"], row["high"]) == pytest.approx((mean - half, mean + half))
    assert row["smallest_effect"] == pytest.approx(
        smallest_detectable_difference(100 * SHIFTS.std(ddof=1), 5)
    )
    assert (row["unit"], row["margin"]) == ("percentage points", margin)
    assert (row["n_replicates"], row["n_missing"]) == (5, 0)


@pytest.mark.parametrize(
    ("metric", "noise", "answers"),
    [
        ("tau", {"p0": 40.0, "p1": 0.5}, ("supported", "supported", "contradicted")),
        ("tau", {"p0": 0.5, "p1": 40.0}, ("contradicted", "contradicted", "contradicted")),
        ("tau", {"p0": 15.0, "p1": 15.0}, ("cannot tell", "cannot tell", "cannot tell")),
        ("regret", {"p0": 200.0, "p1": 0.1}, ("supported", "supported", "contradicted")),
        ("regret", {"p0": 0.1, "p1": 200.0}, ("contradicted", "contradicted", "contradicted")),
        ("regret", {"p0": 30.0, "p1": 30.0}, ("cannot tell", "cannot tell", "cannot tell")),
    ],
)
def test_differences_of_tau_and_of_regret_of_which_less_is_better(
    resolved: ResolvedSuite, metric: str, noise: dict[str, float], answers: tuple[str, ...]
) -> None:
    margin = {"tau": 0.02, "regret": 0.5}[metric]
    kinds = ("better", "not-worse", "no-difference")
    stated = {kind: known(kind=kind, metric=metric, margin=margin) for kind in kinds}
    table = judged(resolved, World(scores=noise), **stated).set_index("claim")
    assert tuple(table.loc[list(kinds), "answer"]) == answers
    assert table["smallest_effect"].gt(0).all()


@pytest.mark.parametrize(
    ("mean", "macs", "rows", "answer"),
    [
        (0.1, 150, ("supported", "supported"), "supported"),
        (0.1, 300, ("supported", "contradicted"), "contradicted"),
        (-0.45, 150, ("cannot tell", "supported"), "cannot tell"),
        (-3.0, 150, ("contradicted", "supported"), "contradicted"),
    ],
)
def test_cheaper_is_near_enough_for_a_fraction_of_the_cost(
    resolved: ResolvedSuite, mean: float, macs: int, rows: tuple[str, ...], answer: str
) -> None:
    world = World(found=accuracies(mean), macs={"p1": macs, "p0": 1000})
    table = judged(resolved, world, c=known(kind="cheaper", margin=0.5, at_most=0.2))
    assert tuple(table["row_answer"]) == rows
    assert set(table["answer"]) == {answer}
    cost = table.iloc[1]
    assert (cost["effect"], cost["low"], cost["high"]) == (macs / 1000,) * 3
    assert (cost["unit"], cost["margin"], cost["n_rows"]) == ("cost ratio", 0.2, 2)
    assert pd.isna(cost["smallest_effect"])


def test_several_rows_share_the_error_rate_and_must_all_hold(
    resolved: ResolvedSuite,
) -> None:
    part = varied(resolved.suite.parts["adaptation"], strategies=("p0", "p1", "p3"))
    p3 = varied(resolved.strategies["p1"], component={"name": "p3"})
    wider = varied(resolved, suite={"parts": {"adaptation": part}}, strategies={"p3": p3})
    stated = known(kind="better", strategies=["p1", "p3"])
    world = World(found=accuracies(0.24))
    records = world.records(claiming(resolved))
    table = claims(Results.collect(claiming(wider, c=stated), records))
    # 0.196 points of half-width for one row, 0.247 for two: p1 alone would be supported.
    assert judged(resolved, world, c=known(kind="better")).iloc[0]["answer"] == "supported"
    half = stats.t.ppf(1 - 0.025 / 2, 4) * 100 * SHIFTS.std(ddof=1) / np.sqrt(5)
    assert table.iloc[0]["high"] - table.iloc[0]["effect"] == pytest.approx(half)
    assert list(table["row_answer"]) == ["cannot tell", "cannot tell"]
    assert pd.isna(table.iloc[1]["effect"])
    assert list(table["n_missing"]) == [0, REPLICATES]
    assert set(table["answer"]) == {"cannot tell"}


def test_equal_differences_tell_no_spread_and_decide_nothing(resolved: ResolvedSuite) -> None:
    same = {"p0": 0.6 + SHIFTS, "p1": 0.6 + SHIFTS}
    row = judged(resolved, World(found=same), c=known(kind="no-difference", margin=5)).iloc[0]
    assert (row["effect"], row["answer"]) == (pytest.approx(0), "cannot tell")
    assert pd.isna(row["low"])
    assert pd.isna(row["smallest_effect"])


def test_claims_have_the_numbers_of_the_other_tables(resolved: ResolvedSuite) -> None:
    stated = {
        "ranking": known(kind="rankings-change", pairs=[PAIR]),
        **{
            metric: known(kind="better", metric=metric, margin=0)
            for metric in ("accuracy", "tau", "regret")
        },
    }
    noisy = World(noise=0.02, found=accuracies(0.3), scores={"p0": 20.0, "p1": 4.0})
    suite = claiming(resolved, **stated)
    tables = build_tables(Results.collect(suite, noisy.records(suite)))
    found = tables["claims"].set_index("claim")
    row = tables["rank_correlation"].iloc[0]
    assert found.loc["ranking", "effect"] == pytest.approx(row["difference"])
    assert found.loc["ranking", "low"] == pytest.approx(row["difference_low"])
    assert found.loc["ranking", "high"] == pytest.approx(row["difference_high"])
    strategies = tables["adaptation"].set_index("strategy")
    columns = {"accuracy": "accuracy_mean", "tau": "tau_b", "regret": "regret"}
    for claim, column in columns.items():
        difference = strategies.loc["p1", column] - strategies.loc["p0", column]
        assert found.loc[claim, "effect"] == pytest.approx(difference)
    differences = tables["strategy_differences"].set_index(["metric", "strategy", "reference"])
    for claim in columns:
        row = differences.loc[(claim, "p1", "p0")]
        for name, column in (("effect", ""), ("low", "_low"), ("high", "_high")):
            assert found.loc[claim, name] == pytest.approx(row[f"difference{column}"])


def test_a_run_without_records_answers_nothing(
    resolved: ResolvedSuite, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = claiming(
        resolved,
        ranking=known(kind="rankings-change", pairs=[PAIR]),
        cost=known(kind="cheaper", margin=1, at_most=0.2),
    )
    tables = build_tables(Results.collect(suite, []))
    table = tables["claims"]
    assert set(table["answer"]) == set(table["row_answer"]) == {"cannot tell"}
    assert table["effect"].isna().all()
    assert table["n_missing"].tolist() == [2 * SIZE * REPLICATES, REPLICATES, REPLICATES]
    sentences = [s for claim in answered_claims(tables) for s in claim.evidence]
    assert all(sentence.endswith("no result yet.") for sentence in sentences)
    print_leaderboards(tables, "t")
    assert "cannot tell: it is so (cost; a paper, table 1)" in capsys.readouterr().out


def test_a_suite_without_claims_has_none(resolved: ResolvedSuite) -> None:
    results = Results.collect(resolved, [])
    tables = build_tables(results)
    assert tables["claims"].empty
    assert answered_claims(tables) == []
    assert 'id="claims"' not in render(results, tables)


def test_the_page_says_answers_in_words_and_escapes_statements(resolved: ResolvedSuite) -> None:
    stated = known(kind="better", statement="<b>p1</b> is better")
    suite = claiming(resolved, c=stated)
    results = Results.collect(suite, World(found=accuracies(0.3)).records(suite))
    page = render(results, build_tables(results))
    section = page.partition('id="claims"')[2].partition("</section>")[0]
    assert '<b class="verdict shown">supported</b> &lt;b&gt;p1&lt;/b&gt; is better' in section
    assert (
        "adaptation: accuracy of p1 - p0, digits@1x -&gt; digits@10x: 0.3 percentage points "
        "(0.104 to 0.496), margin 0, smallest effect that this run could show"
        in re.sub("</?span[^>]*>", "", section)
    )
