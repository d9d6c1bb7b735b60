"""Tables, pictures and the page are a pure function of the suite and its records."""

import os
import random
import subprocess
import sys
from pathlib import Path

from imbnas.leaderboards.report import write_report
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, tables_as_text
from imbnas.runs.store.directory import RunDirectory

from ..factories import varied


def stored(folder: Path, results: Results, order: list[str]) -> RunDirectory:
    directory = RunDirectory(folder)
    directory.store_suite(results.resolved)
    for identity in order:
        directory.publish_record(results.records[identity])
    return directory


def written(directory: RunDirectory) -> dict[str, bytes]:
    files = [directory.path / "index.html"]
    files += [*directory.tables.iterdir(), *(directory.path / "pictures").iterdir()]
    return {path.name: path.read_bytes() for path in files}


def test_the_order_of_records_means_nothing(fabricated: Results) -> None:
    records = list(fabricated.records.values())
    random.Random(0).shuffle(records)
    # Costs that differ, since sums of floating-point numbers depend on their order.
    costly = [varied(record, cost={"seconds": 0.1 * len(record.unit.label)}) for record in records]
    texts = [
        tables_as_text(build_tables(Results.collect(fabricated.resolved, some)))
        for some in (costly, reversed(costly))
    ]
    assert texts[0] == texts[1]


def test_time_zone_hash_seed_and_place_mean_nothing(fabricated: Results, tmp_path: Path) -> None:
    order = list(fabricated.records)
    here = stored(tmp_path / "here", fabricated, order)
    there = stored(tmp_path / "there" / "deep", fabricated, order[::-1])
    results = Results.collect(here.read_suite(), here.records())
    write_report(results, here, build_tables(results))
    code = "from imbnas.cli import main; main()"
    subprocess.run(
        [sys.executable, "-c", code, "report", "deep"],
        cwd=tmp_path / "there",
        env=os.environ | {"TZ": "Pacific/Chatham", "PYTHONHASHSEED": "7", "LC_ALL": "C"},
        check=True,
        capture_output=True,
    )
    one, other = written(here), written(there)
    assert one.keys() == other.keys()
    assert {name for name in one if one[name] != other[name]} == set()
    assert {"index.html", "provenance.json", "rank_correlation.csv", "groups.svg"} <= set(one)
