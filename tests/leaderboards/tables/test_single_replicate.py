"""A run of one replicate has tables, without intervals."""

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables

from ... import factories


def test_every_table_is_built_and_says_why_there_is_no_interval(
    tiny_suite, fabricate_records
) -> None:
    resolved = factories.resolve(tiny_suite, replicates=1)
    tables = build_tables(Results.collect(resolved, fabricate_records(resolved)))
    budget = tables["matched_budget"]
    assert not budget.empty
    assert budget[["difference_low", "best_difference_low"]].isna().all(axis=None)
    assert set(budget["n_replicates"]) == {1}
