"""All tables of 100,000 records: at most 30 seconds and 2 GB, reading included.

Run with ``pytest benchmark/speed/test_large_run.py --benchmark-enable -o addopts=``. Writing the
records takes some minutes; the reading and the tables are timed in a process of their own, with no
record's content in the page cache.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from imbnas.data.locations import DataLocations
from imbnas.leaderboards.results import Results
from imbnas.runs.store.directory import RunDirectory
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.space import EnumerableSpace
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import Member, ResolvedSuite
from imbnas.suites.schema import Training, TransferPart
from imbnas.units.frozen import canonical_json
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Cost, Provenance, Record

ARCHITECTURES = 12_500
REPLICATES = 4
IMAGES = 80
"""Test images of each class of digits."""
TRAINED = 128
"""Two epochs of two batches."""
PARAMS, MACS, SPENT, CORRECT = (1_111_111_110 + place for place in range(4))
"""Numbers that a record's own take the place of."""
SECONDS = 30
GIGABYTES = 2
CHECKOUT = Path(__file__).resolve().parents[2]
MEASURE = """
import json, resource, sys, time
from pathlib import Path
start = time.perf_counter()
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, tables_as_text
from imbnas.runs.store.directory import RunDirectory
results = Results.read(RunDirectory(Path(sys.argv[1])))
read = time.perf_counter() - start
tables_as_text(build_tables(results))
print(json.dumps({
    "records": len(results.records),
    "reading": read,
    "seconds": time.perf_counter() - start,
    "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
}))
"""


def large_suite() -> ResolvedSuite:
    """Two trainings of 12,500 cells with four replicates each."""
    suite = read_suite(CHECKOUT / "tests" / "tiny.toml")
    suite = suite.model_copy(update={"parts": {"transfer": suite.parts["transfer"]}})
    locations = DataLocations.from_options(offline=True)
    resolved = resolve_suite(SuiteRequest(suite, "only", locations, replicates=REPLICATES))
    space, shape = get_space("nats-tss"), NetworkShape(4, 1, 8, 1)
    assert isinstance(space, EnumerableSpace)
    members = tuple(
        Member(
            architecture=architecture,
            unique_id=space.unique_id(architecture),
            functional_id=space.functional_id(architecture),
            params=space.counts(architecture, shape).params,
            macs=space.counts(architecture, shape).macs,
        )
        for architecture in space.architectures()[:ARCHITECTURES]
    )
    return resolved.model_copy(update={"population": members})


def record_texts(resolved: ResolvedSuite) -> Iterator[tuple[str, str]]:
    """Identity and text of every record; texts differ in model, identity and accuracies."""
    rng = np.random.default_rng(0)
    results = Results(resolved, {})
    part = resolved.suite.parts["transfer"]
    assert isinstance(part, TransferPart)
    models = [results.expansion.architecture(m.architecture) for m in resolved.population]
    for training in (part.reference, *part.targets):
        for replicate in range(resolved.replicates):
            template = _template(results, training, replicate)
            identities = results.population_identities[training][replicate]
            members = zip(identities, models, resolved.population, strict=True)
            for index, (identity, model, member) in enumerate(members):
                quality = 0.2 + 0.6 * index / len(models) + rng.normal(0, 0.05)
                correct = rng.binomial(IMAGES, min(max(quality, 0), 1), size=10)
                yield (
                    identity,
                    _sealed(
                        template.replace("IDENTITY", identity)
                        .replace('"MODEL"', canonical_json(model))
                        .replace(str(CORRECT), canonical_json(correct.tolist())[1:-1])
                        .replace(str(PARAMS), str(member.params))
                        .replace(str(MACS), str(member.macs))
                        .replace(str(SPENT), str(member.macs * (3 * TRAINED + 10 * IMAGES)))
                    ),
                )


def _sealed(text: str) -> str:
    """A record with its checksum, as ``seal`` makes it of the record itself."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return text.replace(',"unit":', f',"sha256":"{sha256}","unit":')


def _template(results: Results, training: Training, replicate: int) -> str:
    first = results.expansion.architecture(results.resolved.population[0].architecture)
    unit = results.expansion.train(first, training, replicate)
    record = Record(
        identity=unit.identity,
        unit=unit,
        metrics=TrainMetrics(
            class_correct=(0,) * 10, class_total=(IMAGES,) * 10, params=PARAMS, macs=MACS,
            train_loss=0.5,
        ),
        cost=Cost(seconds=1.0, device="none", images_seen=TRAINED + 10 * IMAGES, macs=SPENT),
        provenance=Provenance(
            imbnas="0", python="3", torch="2", torchvision="0", timm="1", numpy="2",
            git_revision=None, threads=1, platform="none", utc="2026-01-01T00:00:00+00:00",
        ),
    )  # fmt: skip
    return (
        canonical_json(record)
        .replace(unit.identity, "IDENTITY")
        .replace(canonical_json(first), '"MODEL"')
        .replace(canonical_json([0] * 10), f"[{CORRECT}]")
    )


@pytest.fixture(scope="module")
def large_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = RunDirectory(tmp_path_factory.mktemp("large"))
    resolved = large_suite()
    directory.store_suite(resolved)
    for prefix in range(256):
        (directory.path / "records" / "train" / f"{prefix:02x}").mkdir(parents=True)
    for identity, text in record_texts(resolved):
        directory.record_path("train", identity).write_text(text)
    _forget(directory.path)
    return directory.path


def _forget(folder: Path) -> None:
    """Let the system hold no content of a folder's files in memory."""
    os.sync()
    for path in folder.rglob("*.json"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@pytest.mark.slow
def test_tables_of_a_hundred_thousand_records(benchmark: BenchmarkFixture, large_run: Path) -> None:
    done = benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, "-c", MEASURE, str(large_run)],),
        kwargs={"capture_output": True, "text": True, "check": True},
        rounds=1,
    )
    measured = json.loads(done.stdout)
    benchmark.extra_info.update(measured)
    assert measured["records"] == 2 * ARCHITECTURES * REPLICATES
    assert measured["seconds"] <= SECONDS
    assert measured["gigabytes"] <= GIGABYTES
