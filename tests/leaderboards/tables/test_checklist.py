"""The checklist says what follows from suite and records, and no more."""

import json

import pytest

from imbnas.leaderboards.provenance import origins, provenance
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, tables_as_text
from imbnas.leaderboards.tables.checklist import checklist
from imbnas.units.metrics import TrainMetrics

from ...factories import varied, with_parts


def answers(results: Results) -> dict[str, str]:
    table = checklist(results)
    return dict(zip(table["item"], table["answer"], strict=True))


def moved(results: Results, **changes: object) -> Results:
    """One record of another origin."""
    records = dict(results.records)
    identity, record = next(iter(records.items()))
    records[identity] = varied(record, provenance=changes)
    return Results(results.resolved, records)


def test_items_are_unique_and_answers_are_of_the_known_kinds(fabricated: Results) -> None:
    table = checklist(fabricated)
    assert table["item"].is_unique
    assert set(table["answer"]) <= {"yes", "no", "partly", "not applicable", "open"}
    assert table["evidence"].str.len().gt(0).all()


def test_mixed_versions_are_an_uncontrolled_confounder(fabricated: Results) -> None:
    assert answers(fabricated)["2.2"] == "yes"
    assert answers(moved(fabricated, torch="3"))["2.2"] == "no"
    assert answers(moved(fabricated, threads=7))["2.2"] == "no"
    assert answers(moved(fabricated, utc="2027-01-01T00:00:00+00:00"))["2.2"] == "yes"


def evidence(results: Results, item: str = "2.2") -> str:
    return checklist(results).set_index("item").loc[item, "evidence"]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"mkl_branch": "COMPATIBLE"}, "mkl_branch"),
        ({"aten": "AVX512"}, "aten"),
        ({"processor": "GenuineIntel 6/85/7"}, "processor"),
        ({"libc": "glibc 2.39"}, "libc"),
        ({"onednn_isa": "Intel AVX2"}, "onednn_isa"),
    ],
)
def test_what_rounds_otherwise_is_a_confounder_and_a_warning(
    fabricated: Results, changes: dict[str, str], name: str
) -> None:
    one = varied(next(iter(fabricated.records.values())), provenance={"libc": "glibc 2.36"})
    one = varied(one, provenance={"processor": "AuthenticAMD 25/17/1"})
    records = dict.fromkeys(fabricated.records, one)
    alike = Results(fabricated.resolved, records)
    assert origins(alike).warning() is None
    other = moved(alike, **changes)
    assert answers(other)["2.2"] == "no"
    assert name in evidence(other)
    warning = origins(other).warning()
    assert warning is not None
    assert len(warning.splitlines()) == 1
    (said,) = changes.values()
    assert f"{name}: " in warning
    assert said in warning


def test_older_records_do_not_tell_their_instruction_sets(fabricated: Results) -> None:
    older = moved(fabricated, aten=None)
    assert origins(older).without_instruction_sets == 1
    assert origins(older).warning() is None
    assert answers(older)["2.2"] == "partly"
    assert f"1 of {len(older.records)} records do not name" in evidence(older)


def test_an_ablation_needs_the_strategy_without_adaptation(fabricated: Results) -> None:
    assert answers(fabricated)["2.3"] == "yes"
    part = varied(fabricated.resolved.suite.parts["adaptation"], strategies=("p1",))
    alone = with_parts(fabricated.resolved, adaptation=part)
    assert answers(Results(alone, fabricated.records))["2.3"] == "no"


def test_a_suite_without_search_is_not_asked_about_search(fabricated: Results) -> None:
    resolved = fabricated.resolved
    alone = with_parts(resolved, t=resolved.suite.parts["transfer"])
    found = answers(Results(alone, fabricated.records))
    assert {found[item] for item in ("1.4", "1.5", "2.1", "2.3", "2.4", "2.6")} == {
        "not applicable"
    }


def test_plug_ins_are_to_be_published_and_few_replicates_are_reported(
    fabricated: Results, hostile: Results, resolve_tiny
) -> None:
    assert answers(fabricated)["1.4"] == "yes"
    assert answers(hostile)["1.4"] == "partly"
    assert answers(fabricated)["2.7"] == "yes"
    assert answers(Results(resolve_tiny(replicates=2), {}))["2.7"] == "partly"


def test_what_intervals_hold_is_said_and_what_they_do_not(
    fabricated: Results, fabricate_records
) -> None:
    def evidence(results: Results) -> str:
        table = checklist(results).set_index("item")
        assert table.loc["2.7a", "answer"] == "partly"
        return table.loc["2.7a", "evidence"]

    said = evidence(fabricated)
    held, left = said.split("; not ")
    assert "a supernet's own training" in held
    assert "class orders (1 of 3" in left
    assert "rounding" in left
    # One dataset has one test split, whose luck both sides share.
    assert "test images" not in said
    resolved = fabricated.resolved
    alone = with_parts(resolved, t=resolved.suite.parts["transfer"])
    assert "supernet" not in evidence(Results(alone, fabricated.records))


def test_the_sampling_of_test_images_is_held_where_records_tell_which_were_right(
    fabricated: Results,
) -> None:
    resolved = fabricated.resolved
    name = "digits@10x"
    facts = resolved.conditions[name]
    other = varied(facts, condition={"dataset": "another"})
    two = varied(resolved, conditions={name: other})

    def evidence(results: Results) -> str:
        return checklist(results).set_index("item").loc["2.7a", "evidence"]

    assert "test images" in evidence(Results(two, fabricated.records)).split("; not ")[1]
    bits = {
        identity: record.model_copy(
            update={"metrics": record.metrics.model_copy(update={"correct_bits": "x"})}
        )
        if isinstance(record.metrics, TrainMetrics)
        else record
        for identity, record in fabricated.records.items()
    }
    assert "test images" in evidence(Results(two, bits)).split("; not ")[0]


def test_provenance_lists_what_may_differ_between_equal_runs(fabricated: Results) -> None:
    def described(results: Results) -> dict[str, object]:
        return json.loads(json.dumps(provenance(results, tables_as_text(build_tables(results)))))

    here = described(fabricated)
    there = described(moved(fabricated, platform="elsewhere", git_revision="c" * 40))
    assert here["circumstances"] != there["circumstances"]
    for name in here["not_byte_stable"]:
        here.pop(name, None), there.pop(name, None)
    assert here == there
    assert here["records"] == {"adapt": 6, "rank": 12, "search": 12, "supernet": 3, "train": 75}
    assert set(here["tables_sha256"]) == {
        f"{name}.{kind}"
        for name in build_tables(fabricated)
        if name != "cost"
        for kind in ("csv", "md")
    }


def test_provenance_changes_with_a_record(fabricated: Results) -> None:
    fewer = Results(fabricated.resolved, dict(list(fabricated.records.items())[1:]))
    assert provenance(fabricated, {})["records_sha256"] != provenance(fewer, {})["records_sha256"]
