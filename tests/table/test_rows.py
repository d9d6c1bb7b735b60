import pandas as pd
import pytest

from imbnas.leaderboards.results import Results
from imbnas.table.columns import COLUMNS, NAMES, ROLES
from imbnas.table.rows import Table, planned, table_of
from imbnas.units.metrics import SearchMetrics, TrainMetrics
from imbnas.units.records import Failure
from imbnas.units.unit import TrainUnit

from ..factories import make_record, make_unit, train_metrics, varied, with_parts


def test_every_finished_training_is_one_row_with_the_counts_of_its_record(
    table: Table, gappy: Results
) -> None:
    rows = table.frame.set_index("identity")
    assert list(table.frame) == list(NAMES)
    assert rows.index.is_unique
    trainings = {k: r for k, r in gappy.records.items() if isinstance(r.unit, TrainUnit)}
    assert set(rows.index[~rows["failed"].astype(bool)]) == set(trainings)
    for identity, record in trainings.items():
        row, metrics = rows.loc[identity], record.metrics
        assert isinstance(metrics, TrainMetrics)
        assert isinstance(record.unit, TrainUnit)
        assert row["class_correct"] == metrics.class_correct
        assert row["class_total"] == metrics.class_total
        assert row["manifest_sha256"] == record.unit.data.manifest_sha256
        assert (row["replicate"], row["scheme"]) == (record.unit.replicate, record.unit.scheme.name)
        facts = gappy.resolved.conditions[row["condition"]]
        assert row["class_train"] == facts.class_counts
        assert {name: row[name] for name in facts.groups} == facts.groups
        assert row["error"] is None


def test_roles_follow_from_the_suite(table: Table, gappy: Results) -> None:
    rows = table.frame.set_index("identity")
    of_units: dict[str, str] = {}
    for role, unit in planned(gappy):
        of_units.setdefault(unit.identity, role)
    held = {identity: of_units[identity] for identity in rows.index}
    assert rows["role"].to_dict() == held
    assert set(held.values()) == {"population", "baseline"}
    population = rows[rows["role"] == "population"]
    assert len(population) == 12 * 3 * 2 - 1
    assert set(rows.loc[rows["role"] == "baseline", "space"]) == {"timm"}
    functions = {m.architecture: m.functional_id for m in gappy.resolved.population}
    assert population["functional_id"].tolist() == [
        functions[a] for a in population["architecture"]
    ]


def test_what_searches_found_has_a_role_of_its_own(fabricated: Results) -> None:
    adaptation = fabricated.resolved.suite.parts["adaptation"]
    resolved = with_parts(fabricated.resolved, adaptation=adaptation)
    frame = table_of(Results(resolved, fabricated.records), {}).frame
    found = frame[frame["role"] == "found"]
    best = {
        (record.unit.replicate, record.metrics.best)
        for record in fabricated.records.values()
        if isinstance(record.metrics, SearchMetrics) and len(record.metrics.scores) == 12
    }
    assert set(zip(found["replicate"], found["architecture"], strict=True)) <= best
    assert set(found["replicate"]) == {0, 1, 2}
    assert set(frame["role"]) == {"found", "other"}


def test_failed_trainings_are_rows_without_counts(
    table: Table, failed: dict[str, Failure], gappy: Results
) -> None:
    rows = table.frame[table.frame["failed"].astype(bool)].set_index("identity")
    assert set(rows.index) == set(failed)
    assert set(rows["error"]) == {"NonFiniteLossError"}
    empty = ["class_correct", "class_total", "seconds", "device"]
    assert rows[empty].isna().all(axis=None)
    members = {m.architecture: m for m in gappy.resolved.population}
    row = rows[rows["role"] == "population"].iloc[0]
    member = members[row["architecture"]]
    assert (row["params"], row["macs"]) == (member.params, member.macs)


def test_what_is_missing_is_counted_and_what_was_finished_later_did_not_fail(
    table: Table, fabricated: Results, failed: dict[str, Failure]
) -> None:
    assert table.n_missing == 1
    assert table.n_planned == len(table.frame) + 1
    whole = table_of(fabricated, failed)
    assert whole.n_missing == 0
    assert not whole.frame["failed"].any()


def test_records_that_the_suite_does_not_ask_for_are_kept_apart(fabricated: Results) -> None:
    unit = varied(make_unit(), model={"space": "nowhere", "architecture": "x"})
    record = make_record(unit, train_metrics())
    more = Results(fabricated.resolved, fabricated.records | {unit.identity: record})
    row = table_of(more, {}).frame.iloc[-1]
    assert (row["role"], row["functional_id"], row["many"]) == ("other", None, None)
    assert row["condition"] == "digits@20x:subset-0"


def test_the_order_of_records_does_not_matter(fabricated: Results) -> None:
    turned = dict(reversed(fabricated.records.items()))
    first, second = (
        table_of(Results(fabricated.resolved, records), {}).frame
        for records in (fabricated.records, turned)
    )
    pd.testing.assert_frame_equal(first, second)


def test_retrainings_beyond_the_replicates_are_of_the_suites_condition(
    fabricated: Results,
) -> None:
    facts = fabricated.resolved.conditions["digits@10x"]
    ref = varied(facts.replicates[0], manifest_sha256="c" * 64, condition="digits@10x:subset-9")
    conditions = {"digits@10x": varied(facts, retrainings=(*facts.replicates, ref))}
    results = Results(varied(fabricated.resolved, conditions=conditions), {})
    assert results.condition(ref) == "digits@10x"


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_columns_are_described_and_mark_what_may_be_missing(column, table: Table) -> None:
    assert column.text.endswith(".")
    assert column.nullable or table.frame[column.name].notna().all()
    assert len(set(ROLES)) == len(ROLES)
