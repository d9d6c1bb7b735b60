"""What earlier versions stored is read for ever; see ``tests/data_of_records``.

For every schema version there is a folder with one record of each kind of unit, a failure and a
resolved suite, as written by the code of that time. Files are added, never changed.
"""

import json
from pathlib import Path

import pytest

from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.units.frozen import canonical_json
from imbnas.units.records import Failure, Record

STORED = Path(__file__).resolve().parents[2] / "data_of_records"
VERSIONS = sorted(path for path in STORED.iterdir() if path.is_dir())
RECORDS = [
    path
    for version in VERSIONS
    for path in sorted(version.glob("*.json"))
    if path.stem not in ("suite", "failure")
]


def test_the_first_version_holds_one_record_of_each_kind() -> None:
    kinds = {json.loads(p.read_text())["unit"]["kind"] for p in RECORDS if p.parent == VERSIONS[0]}
    assert {"train", "supernet", "adapt", "search"} <= kinds


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_stored_record_is_read_under_its_name(path: Path, tmp_path: Path) -> None:
    stored = json.loads(path.read_text())
    kind, identity = stored["unit"]["kind"], stored["identity"]
    directory = RunDirectory(tmp_path)
    place = directory.record_path(kind, identity)
    place.parent.mkdir(parents=True)
    place.write_bytes(path.read_bytes())
    record = directory.read_record(kind, identity)
    # Nothing is lost, and what it is called still follows from what it is of.
    assert record.unit.identity == identity
    assert json.loads(canonical_json(record)) == stored


def test_accuracies_of_the_first_version_are_what_they_were() -> None:
    record = Record.model_validate_json((VERSIONS[0] / "train-space.json").read_bytes())
    assert record.metrics.kind == "train"
    correct, total = record.metrics.class_correct, record.metrics.class_total
    assert record.metrics.mean_accuracy() == pytest.approx(
        sum(c / t for c, t in zip(correct, total, strict=True)) / len(total)
    )
    assert sum(total) == 800


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_a_stored_failure_and_suite_are_read(version: Path, tmp_path: Path) -> None:
    failure = Failure.model_validate_json((version / "failure.json").read_bytes())
    assert failure.message == "no idea how"
    (tmp_path / "suite.json").write_bytes((version / "suite.json").read_bytes())
    resolved = RunDirectory(tmp_path).read_suite()
    kinds = {unit.kind for unit in Expansion(resolved).plan().units}
    assert {"train", "supernet", "adapt", "search"} <= kinds
