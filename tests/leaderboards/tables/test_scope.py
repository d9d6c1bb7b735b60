"""Every row says what it is about."""

import pytest

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables
from imbnas.stats import quantile_strata, stratified_tau
from imbnas.suites.schema import Training

SCOPE = {"protocol", "fidelity", "n_replicates"}


def test_every_row_names_its_scope(fabricated: Results) -> None:
    for name, table in build_tables(fabricated).items():
        assert len(table) or name == "class_orders", name
        assert table[sorted(SCOPE)].notna().all().all(), name
        if name not in ("baselines", "matched_budget"):
            assert table["population"].str.startswith("nats-tss: 12 distinct").all(), name
        if name not in ("baselines", "cost", "matched_budget"):
            assert table["n_architectures"].eq(12).all(), name
        if name != "checklist":
            assert table["n_missing"].eq(0).all(), name


def test_missing_units_are_counted_in_cost_where_they_would_have_been(fabricated: Results) -> None:
    whole = build_tables(fabricated)["cost"]
    lost = [i for i, r in fabricated.records.items() if r.unit.kind == "train"][:5]
    kept = {i: r for i, r in fabricated.records.items() if i not in lost}
    cost = build_tables(Results(fabricated.resolved, kept))["cost"]
    assert cost["n_missing"].sum() == 5
    assert list(cost["units"] + cost["n_missing"]) == list(whole["units"])


def test_replicates_of_a_condition_share_a_row_of_cost(fabricated: Results) -> None:
    cost = build_tables(fabricated)["cost"]
    assert not cost["condition"].str.contains("subset").any()
    supernets = cost[cost["kind"] == "supernet"]
    assert list(supernets["units"]) == [3]
    assert supernets["n_architectures"].isna().all()


def test_class_orders_are_those_of_imbalanced_conditions(fabricated: Results) -> None:
    balanced = Training(condition="digits@1x", scheme="ce")
    tail = Training(condition="digits@10x", scheme="cb-drw")
    assert fabricated.class_orders(balanced) == ""
    assert fabricated.class_orders(balanced, tail) == "identity"
    rows = build_tables(fabricated)["rank_correlation"]
    assert rows.iloc[0]["class_orders"] == "identity"


def test_a_stratified_population_gets_tau_within_strata(resolve_tiny, fabricate_records) -> None:
    resolved = resolve_tiny(rule="stratified", size=16)
    results = Results.collect(resolved, fabricate_records(resolved))
    row = build_tables(results)["rank_correlation"].iloc[0]
    accuracies = [
        results.population_accuracy[Training(condition=c, scheme=s)]
        for c, s in ((row["x"], row["x_scheme"]), (row["y"], row["y_scheme"]))
    ]
    macs = [member.macs for member in resolved.population]
    apart = (range(3), range(3))
    expected = stratified_tau(*accuracies, quantile_strata(macs, 4), replicates=apart)
    assert row["n_strata"] == len(expected.strata)
    assert row["tau_within_macs"] == pytest.approx(expected.tau_b)
    assert row["within_low"] <= row["tau_within_macs"] <= row["within_high"]


def test_other_populations_have_no_tau_within_strata(fabricated: Results) -> None:
    assert build_tables(fabricated)["rank_correlation"]["tau_within_macs"].isna().all()


def test_identities_of_the_population_are_those_of_its_units(fabricated: Results) -> None:
    training = Training(condition="digits@10x", scheme="cb-drw")
    for replicate, identities in enumerate(fabricated.population_identities[training]):
        units = fabricated.expansion.population(training, replicate)
        assert identities == [unit.identity for unit in units]
