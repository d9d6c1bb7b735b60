"""No changed bit of what is stored is believed; each is answered with a refusal of one line."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from imbnas.data import DataLocations, load_dataset, read_manifest, resolve, write_manifest
from imbnas.errors import InputError
from imbnas.leaderboards.results import Results
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedFileError
from imbnas.units.conditions import parse_condition
from imbnas.units.frozen import canonical_json, content_sha256
from imbnas.units.record_parser import RecordParser
from imbnas.units.records import Failure, Record
from imbnas.units.sealing import read_sealed, seal, unseal
from imbnas.units.unit import SpaceModel

from ...factories import make_record, make_unit, possible_spending, train_metrics

FLIPS = [150, pytest.param(10_000, marks=pytest.mark.slow)]
Read = Callable[[], object]


def flipped(text: bytes, rng: random.Random) -> bytes:
    changed, place = bytearray(text), rng.randrange(8 * len(text))
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def accepted_flips(
    path: Path, read: Read, refusal: type[Exception], flips: int, sealed: bool = True
) -> int:
    """How many flips of a file are read as if nothing were; anything but a refusal raises.

    Where there is a checksum, what is read must be what was written.
    """
    rng, text, before = random.Random(0), path.read_bytes(), read()
    accepted, told = 0, [""]
    for _ in range(flips):
        path.write_bytes(flipped(text, rng))
        try:
            found = read()
        except refusal as error:
            told.append(str(error))
        else:
            accepted += 1
            assert found == before or not sealed
    path.write_bytes(text)
    assert read() == before
    assert max(map(str.count, told, "\n" * len(told))) == 0
    return accepted


@pytest.fixture
def directory(tmp_path: Path, finished_run: Path) -> RunDirectory:
    """A run directory with the suite of a finished run, and nothing else."""
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(RunDirectory(finished_run).read_suite())
    return directory


@pytest.fixture(scope="module")
def records(finished_run: Path) -> list[Record]:
    """One of each kind."""
    return list({r.unit.kind: r for r in RunDirectory(finished_run).records()}.values())


@pytest.mark.parametrize("flips", FLIPS)
def test_of_records(directory: RunDirectory, records: list[Record], flips: int) -> None:
    assert {record.unit.kind for record in records} == {"train", "supernet", "adapt", "search"}
    for record in records:
        kind, identity = record.unit.kind, record.identity
        directory.publish_record(record)
        path = directory.record_path(kind, identity)

        def read(kind: str = kind, identity: str = identity) -> Record:
            return directory.read_record(kind, identity)

        assert accepted_flips(path, read, DamagedFileError, flips // len(records)) == 0


@pytest.mark.parametrize("flips", FLIPS)
def test_of_records_that_are_read_in_bulk(records: list[Record], flips: int) -> None:
    """A parser that has seen a training of the same setting takes a shorter way."""
    rng, parser = random.Random(1), RecordParser()
    texts = [seal(record) for record in records]
    for text in (*texts, *texts):
        parser.parse(text)
    for _ in range(flips):
        with pytest.raises(ValueError, match="."):
            parser.parse(flipped(rng.choice(texts), rng))


@pytest.mark.parametrize("flips", FLIPS)
def test_of_the_suite(directory: RunDirectory, flips: int) -> None:
    assert accepted_flips(directory.suite_file, directory.read_suite, InputError, flips) == 0


@pytest.mark.parametrize("flips", FLIPS)
def test_of_failures(directory: RunDirectory, flips: int) -> None:
    directory.publish_failure("a" * 64, None, "ValueError", "no idea", "Traceback\n  ü\n")
    path = directory.failure_path("a" * 64)

    def read() -> Failure:
        (failure,) = directory.failures().values()
        if failure.error == "DamagedFailure":
            raise DamagedFileError(failure.message)
        return failure

    assert accepted_flips(path, read, DamagedFileError, flips) == 0


@pytest.mark.parametrize("flips", FLIPS)
def test_of_manifests(tmp_path: Path, flips: int) -> None:
    digits = load_dataset("digits", DataLocations.from_options(offline=True))
    path = tmp_path / "m.json"
    write_manifest(resolve(parse_condition("digits@20x"), digits), path)
    # The line's end is no part of the content.
    assert accepted_flips(path, lambda: read_manifest(path), InputError, flips) <= flips // 100


@pytest.mark.parametrize("flips", FLIPS)
def test_of_what_older_versions_wrote(
    directory: RunDirectory, records: list[Record], flips: int
) -> None:
    """A flip may pass there, but never as a record that cannot be, nor with another error."""
    record = records[-1]
    path = directory.record_path(record.unit.kind, record.identity)
    path.parent.mkdir(parents=True)
    path.write_bytes(canonical_json(record).encode())

    def read() -> Record:
        return directory.read_record(record.unit.kind, record.identity)

    accepted_flips(path, read, DamagedFileError, flips, sealed=False)
    suite, body = directory.suite_file, unseal(directory.suite_file.read_bytes()).text
    suite.write_bytes(body)
    accepted_flips(suite, directory.read_suite, InputError, flips, sealed=False)


def test_records_without_checksum_are_counted_and_named(
    bench_here, tmp_path: Path, finished_run: Path
) -> None:
    directory = RunDirectory(tmp_path / "run")
    resolved = RunDirectory(finished_run).read_suite()
    directory.store_suite(resolved)
    records = sorted(RunDirectory(finished_run).records(), key=lambda record: record.identity)
    for record in records:
        directory.publish_record(record)
    for record in records[:3]:
        path = directory.record_path(record.unit.kind, record.identity)
        path.write_bytes(canonical_json(record).encode())
    told = "3 records have no checksum (written by an older version)"
    for command in ("leaderboard", "report", "status"):
        done = bench_here(command, directory.path)
        assert done.returncode == 0, done.stderr
        assert done.stderr.strip() == told
    assert json.loads(bench_here("status", directory.path, "--json").stdout)["unchecked"] == 3
    provenance = json.loads((directory.tables / "provenance.json").read_text())
    assert provenance["records_without_checksum"] == 3
    complete = Results.read(RunDirectory(finished_run))
    assert (complete.unchecked, complete.notes) == (0, [])
    for name in ("rank_correlation.csv", "adaptation.csv", "baselines.csv", "cost.csv"):
        here, there = directory.tables / name, finished_run / "tables" / name
        assert here.read_bytes() == there.read_bytes()


def test_records_of_other_suites_are_left_out_and_counted(
    bench_here, tmp_path: Path, finished_run: Path
) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(RunDirectory(finished_run).read_suite())
    for record in RunDirectory(finished_run).records():
        directory.publish_record(record)
    architecture = directory.read_suite().population[0].architecture
    model = SpaceModel(space="nats-tss", version="1", architecture=architecture)
    unit = make_unit(model=model)
    directory.publish_record(make_record(unit, train_metrics(), **possible_spending(unit, 1, 9, 2)))
    done = bench_here("leaderboard", directory.path)
    assert done.returncode == 0
    assert "left out: 1 records of units that the suite does not have" in done.stderr
    for name in ("cost.csv", "rank_correlation.csv"):
        here, there = directory.tables / name, finished_run / "tables" / name
        assert here.read_bytes() == there.read_bytes()


def test_a_forged_record_is_named_left_out_and_done_again(
    bench, bench_here, tmp_path: Path, finished_run: Path, tiny_suite: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    path = sorted((run / "records" / "train").glob("??/*.json"))[0]
    content = json.loads(unseal(path.read_bytes()).text)
    content["metrics"]["class_total"][3] = 10**6
    content["metrics"].pop("calibration")
    content["metrics"].pop("correct_bits")
    path.write_text(canonical_json({**content, "sha256": content_sha256(content)}))
    assert read_sealed(Record, path.read_bytes())[1]
    shown = bench_here("leaderboard", run)
    assert shown.returncode == 1
    assert f"left out: {path}: damaged record (class_total" in shown.stderr
    assert str(10**6) not in "".join(f.read_text() for f in (run / "tables").iterdir())
    done = bench("run", "--suite", tiny_suite, "--out", run, "--executor", "here")
    assert done.returncode == 0, done.stderr
    assert read_sealed(Record, path.read_bytes())[0] == RunDirectory(run).read_record(
        "train", path.stem
    )
    assert len(list((run / "quarantine").iterdir())) == 1


def test_a_result_that_nobody_would_believe_is_a_failure(
    bench, bench_here, tmp_path: Path, tiny_suite: Path
) -> None:
    """Else its unit would be done again and again."""
    plugin, suite = tmp_path / "liar.py", tmp_path / "suite.toml"
    plugin.write_text(
        "from imbnas.search import SEARCHERS\n\n\n"
        "@SEARCHERS.register('liar', version='1', summary='writes its own scores')\n"
        "class Liar:\n"
        "    def search(self, space, scoreboard, rng):\n"
        "        scoreboard.scores[space.random(rng)] = 7.0\n"
    )
    text = tiny_suite.read_text()
    start = text.index("[fidelities.only.searcher]")
    suite.write_text(text[:start] + '[fidelities.only.searcher]\nname = "liar"\n')
    flags = ("--suite", suite, "--out", tmp_path / "run", "--plugin", plugin, "--replicates", "1")
    done = bench("run", *flags, "--only", "liar*", "--executor", "here")
    assert done.returncode == 1
    assert "failed" in done.stderr
    failures = RunDirectory(tmp_path / "run").failures().values()
    assert {failure.error for failure in failures} == {"ValidationError"}
