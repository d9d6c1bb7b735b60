"""The checklist says what follows from suite and records, and no more."""

import json

from imbnas.leaderboards.provenance import provenance
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, tables_as_text
from imbnas.leaderboards.tables.checklist import checklist

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
