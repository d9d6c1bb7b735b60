"""Tables of records that nobody computed, some of them failed."""

from pathlib import Path

import pytest

from imbnas.leaderboards.results import Results
from imbnas.runs.store.directory import RunDirectory
from imbnas.table.benchmark import Benchmark
from imbnas.table.index import RowIndex
from imbnas.table.reading import columns_of
from imbnas.table.rows import Table, planned, table_of
from imbnas.units.records import Failure

from ..leaderboards.conftest import fabricated, resolve_tiny  # noqa: F401 (fixtures)


def failure(identity: str, error: str = "NonFiniteLossError") -> Failure:
    return Failure(
        identity=identity, label="train", error=error, message="m", traceback="",
        utc="2026-01-01T00:00:00+00:00",
    )  # fmt: skip


@pytest.fixture(scope="session")
def failed(fabricated: Results) -> dict[str, Failure]:  # noqa: F811
    """One training of the population and one baseline that could not be finished."""
    units = dict(planned(fabricated))
    population = next(unit for role, unit in planned(fabricated) if role == "population")
    return {each.identity: failure(each.identity) for each in (population, units["baseline"])}


@pytest.fixture(scope="session")
def gappy(fabricated: Results, failed: dict[str, Failure]) -> Results:  # noqa: F811
    """The fabricated results without those, and without one record of the population."""
    missing = [unit.identity for role, unit in planned(fabricated) if role == "population"][-1]
    kept = {
        identity: record
        for identity, record in fabricated.records.items()
        if identity not in failed and identity != missing
    }
    return Results(fabricated.resolved, kept)


@pytest.fixture(scope="session")
def table(gappy: Results, failed: dict[str, Failure]) -> Table:
    return table_of(gappy, failed)


@pytest.fixture(scope="session")
def lookups(table: Table) -> Benchmark:
    return Benchmark(RowIndex(columns_of(table, "here")))


@pytest.fixture(scope="session")
def run_directory(
    tmp_path_factory: pytest.TempPathFactory, gappy: Results, failed: dict[str, Failure]
) -> Path:
    """A run directory of these records and failures; tests must not change it."""
    directory = RunDirectory(tmp_path_factory.mktemp("table") / "run")
    directory.store_suite(gappy.resolved)
    for record in gappy.records.values():
        directory.publish_record(record)
    for each in failed.values():
        directory.publish_failure(each.identity, None, each.error, each.message)
    return directory.path
