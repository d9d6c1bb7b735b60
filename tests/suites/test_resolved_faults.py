"""A suite.json that cannot be is refused in one line with file and field, whatever its checksum."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from imbnas.errors import InputError
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, tables_as_text
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.frozen import canonical_json, content_sha256

from .test_possible_records import at, changed, forged_value, walk

FIRST = "conditions/digits@1x/replicates/0"


@pytest.fixture(scope="module")
def content(finished_run: Path) -> Any:
    return json.loads(canonical_json(RunDirectory(finished_run).read_suite()))


def write(directory: RunDirectory, content: Any) -> None:
    directory.path.mkdir(exist_ok=True)
    sealed = {**content, "sha256": content_sha256(content)}
    directory.suite_file.write_text(canonical_json(sealed))


@pytest.mark.parametrize(
    ("places", "field"),
    [
        ({"population/0/params": -1}, "population.0.params"),
        ({"population/0/macs": 1e30}, "population.0.macs"),
        ({"population/1/macs": 2**63}, "population.1.macs"),
        ({"baselines/mobilenetv3_small_050/params": -7}, "params"),
        ({"baselines/mobilenetv3_small_050/model/baseline": "other"}, "baselines"),
        ({"conditions/digits@1x/class_counts/0": -3}, "class_counts.0"),
        ({"conditions/digits@1x/class_counts": []}, "class_counts"),
        ({"conditions/digits@1x/class_counts/0": 2**80}, "class_counts.0"),
        ({"conditions/digits@1x/groups": {"many": [0, 1], "few": None}}, "groups"),
        ({"conditions/digits@1x/groups": {"many": [*range(9), 99]}}, "groups"),
        ({"conditions/digits@1x/groups": {"many": [*range(10), 3]}}, "groups"),
        ({"conditions/digits@1x/condition/ratio": 7}, "conditions.digits@1x"),
        ({"conditions/digits@1x/condition/protocol": "paper"}, "protocol"),
        ({"conditions/digits@1x/replicates": []}, "replicates"),
        ({f"{FIRST}/protocol": "paper"}, "replicates"),
        ({f"{FIRST}/dataset_digest": "0" * 64}, "replicates"),
        ({f"{FIRST}/manifest_sha256": "x"}, "manifest_sha256"),
        ({"replicates": 0}, "replicates"),
        ({"replicates": 3}, "replicates"),
        ({"replicates": 10**400}, "replicates"),
        ({"schemes": {}}, "schemes"),
        ({"schemes/ce/name": "cb"}, "schemes.ce"),
        ({"fidelity": "other"}, "fidelity"),
        ({"settings/supernet": None}, "settings"),
        ({"settings/calibration_images": 65}, "settings"),
        ({"strategies": {}}, "strategies: p0 of part adaptation is missing"),
        ({"baselines": {}}, "baselines: mobilenetv3_small_050 of part baselines is missing"),
        ({"suite/parts/transfer/rankers": ["snip"]}, "rankers: snip of part transfer"),
        ({"common_images/0/same": 1.5}, "common_images.0.same"),
        ({"common_images/0/conditions/0": "digits@3x"}, "common_images"),
        ({"evaluation_images/digits@1x/test": [80] * 11}, "evaluation_images.digits@1x"),
        ({"evaluation_images/digits@1x/test/0": -1}, "test.0"),
        ({"test_labels": {"a": "!"}}, "test_labels"),
        ({"plugins": [{"name": "../x.py", "sha256": "0" * 64}]}, "plugins.0.name"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, content: Any, places: dict[str, Any], field: str
) -> None:
    directory = RunDirectory(tmp_path)
    write(directory, changed(content, places))
    with pytest.raises(InputError) as refused:
        directory.read_suite()
    message = str(refused.value)
    assert message.startswith(str(directory.suite_file))
    assert field in message
    assert "\n" not in message


def test_an_architecture_stands_once(tmp_path: Path, content: Any) -> None:
    directory = RunDirectory(tmp_path)
    twice = {"population/1": content["population"][0]}
    write(directory, changed(content, twice))
    with pytest.raises(InputError, match="population: an architecture occurs twice"):
        directory.read_suite()


@pytest.mark.parametrize("tries", [150, pytest.param(5000, marks=pytest.mark.slow)])
def test_whatever_a_forger_writes_is_refused_or_a_suite(
    tmp_path: Path, content: Any, tries: int
) -> None:
    rng, directory = random.Random(0), RunDirectory(tmp_path)
    leaves = [path for path, _ in walk(content)]
    for _ in range(tries):
        path = rng.choice(leaves)
        write(directory, changed(content, {path: forged_value(rng, at(content, path))}))
        try:
            found = directory.read_suite()
        except InputError as error:
            told = str(error)
        else:
            told = ""
            assert isinstance(found, ResolvedSuite)
        assert "\n" not in told


def test_an_older_suite_goes_on_and_learns_what_it_did_not_know(
    bench, tmp_path: Path, finished_run: Path, tiny_suite: Path, content: Any
) -> None:
    import shutil

    shutil.copytree(finished_run, tmp_path / "run")
    directory = RunDirectory(tmp_path / "run")
    older = {name: value for name, value in content.items() if name != "evaluation_images"}
    directory.suite_file.write_text(canonical_json(older))
    assert directory.read_suite().evaluation_images == {}
    assert directory.damaged_records() == []
    before = Results.read(directory)
    assert not before.damaged
    done = bench("run", "--suite", tiny_suite, "--out", directory.path, "--executor", "here")
    assert done.returncode == 0, done.stderr
    assert directory.read_suite().evaluation_images
    after = tables_as_text(build_tables(Results.read(directory)))
    assert after == tables_as_text(build_tables(before))
