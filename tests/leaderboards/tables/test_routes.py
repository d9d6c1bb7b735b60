"""Tables of a suite whose adaptation part has two routes, and of a motivation part."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imbnas.cli.tables import print_leaderboards
from imbnas.data.locations import DataLocations
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit

ROUTES = ("adaptation digits@1x -> digits@10x", "adaptation digits@10x -> digits@5x")
FURTHER = """further = [
  { source = { condition = "digits@10x" }, target = { condition = "digits@5x", scheme = "cb-drw" } }
]
strategies = ["""
MOTIVATION = """
[parts.motivation]
kind = "motivation"
space = "darts"
size = 2
trainings = [
  { condition = "digits@1x:like-10x" },
  { condition = "digits@10x", scheme = "cb-drw" },
]

[fidelities.only.motivation]
epochs = 3
"""


@pytest.fixture(scope="module")
def resolved(tiny_suite: Path, tmp_path_factory: pytest.TempPathFactory) -> ResolvedSuite:
    path = tmp_path_factory.mktemp("suite") / "s.toml"
    text = tiny_suite.read_text().replace("strategies = [", FURTHER)
    path.write_text(text.replace("calibration", 'protocol = "paper"\ncalibration') + MOTIVATION)
    return resolve_suite(
        SuiteRequest(read_suite(path), "only", DataLocations.from_options(offline=True))
    )


@pytest.fixture(scope="module")
def records(
    resolved: ResolvedSuite, fabricate_records: Callable[[ResolvedSuite], Iterator[Record]]
) -> list[Record]:
    return list(fabricate_records(resolved))


def test_each_route_has_rows_of_its_own(resolved: ResolvedSuite, records: list[Record]) -> None:
    tables = build_tables(Results.collect(resolved, records))
    table = tables["adaptation"]
    trained = table[table["strategy"].isin(["p0", "p1"])]
    assert trained.groupby("part", sort=False).size().to_dict() == dict.fromkeys(ROUTES, 2)
    assert trained["target"].tolist() == ["digits@10x"] * 2 + ["digits@5x"] * 2
    assert trained["source"].tolist() == ["digits@1x"] * 2 + ["digits@10x"] * 2
    assert (trained["n_missing"] == 0).all()
    assert trained["accuracy_mean"].notna().all()
    # Only the first route's target is one that the population is trained on.
    assert trained["regret"].notna().tolist() == [True, True, False, False]
    for name in ("adaptation", "baselines", "matched_budget"):
        keys = [
            c for c in ("part", "model", "source", "strategy", "condition") if c in tables[name]
        ]
        assert (
            not tables[name].duplicated([*keys, "target"] if name == "adaptation" else keys).any()
        )
    assert (table["protocol"] == "paper").all()


def test_motivation_networks_stand_among_the_baselines(
    resolved: ResolvedSuite, records: list[Record]
) -> None:
    table = build_tables(Results.collect(resolved, records))["baselines"]
    rows = table[table["part"] == "motivation"]
    assert rows["source"].tolist() == ["darts"] * 4
    assert rows["model"].nunique() == 2
    tailed = rows[rows["condition"] == "digits@10x"]
    assert (tailed["control"] == "digits@1x:like-10x").all()
    assert tailed["relative_accuracy"].notna().all()
    assert (rows["n_missing"] == 0).all()
    assert (rows["protocol"] == "paper").all()


def test_parts_that_were_not_run_are_counted_and_not_printed(
    resolved: ResolvedSuite, records: list[Record], capsys: pytest.CaptureFixture[str]
) -> None:
    members = {member.architecture for member in resolved.population}
    ranked = [r for r in records if isinstance(r.unit, TrainUnit) and r.unit.model.label in members]
    print_leaderboards(build_tables(Results.collect(resolved, ranked)), "t")
    printed = capsys.readouterr().out
    assert "transfer" in printed
    assert ROUTES[1] not in printed
    assert "motivation" not in printed
    counted = [
        line for line in printed.splitlines() if line.endswith("more rows have no result yet.")
    ]
    assert counted
    print_leaderboards(build_tables(Results.collect(resolved, records)), "t")
    printed = capsys.readouterr().out
    assert all(route in printed for route in ROUTES)
    assert "no result yet" not in printed
