"""What must not change unless a version is raised: identities of units, bytes of tables."""

import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from imbnas.data.dataset import ArraySplit, Dataset
from imbnas.data.loading import load_dataset as load_real_dataset
from imbnas.data.locations import DataLocations
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, write_tables
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites import images
from imbnas.suites.expand import Expansion
from imbnas.suites.load import load_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite

STORED = Path(__file__).resolve().parent / "stored"
IDENTITIES = json.loads((STORED / "identities.json").read_text())
TABLES = json.loads((STORED / "tables.json").read_text())


def split(num_classes: int, each: int, channels: int) -> ArraySplit:
    labels = np.arange(num_classes * each, dtype=np.int64) % num_classes
    return ArraySplit(labels=labels, images=np.zeros((len(labels), 1, 1, channels), np.uint8))


def one_pixel_images(name: str, locations: DataLocations) -> Dataset:
    """As many classes as the real dataset, and enough images for every ratio of the suites."""
    if name == "digits":
        return load_real_dataset(name, locations)
    classes, channels = {"cifar10": (10, 3), "cifar100": (100, 3), "fashion-mnist": (10, 1)}[name]
    return Dataset(
        name=name,
        class_names=tuple(f"class {label}" for label in range(classes)),
        train=split(classes, 500, channels),
        test=split(classes, 20, channels),
        digest=hashlib.sha256(name.encode()).hexdigest(),
        mean=(0.5,) * channels,
        std=(0.25,) * channels,
    )


@pytest.fixture
def expansion(request: pytest.FixtureRequest) -> Iterator[Expansion]:
    suite, _, fidelity = request.param.partition("/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "load_dataset", one_pixel_images)
        locations = DataLocations.from_options(offline=True)
        asked = SuiteRequest(load_suite(suite.partition("@")[0]), fidelity, locations)
        yield Expansion(resolve_suite(asked))


@pytest.mark.parametrize("expansion", IDENTITIES, indirect=True, ids=str)
def test_units_keep_their_identities(expansion: Expansion, request: pytest.FixtureRequest) -> None:
    title = request.node.callspec.id
    assert expansion.resolved.title == title
    identities = sorted(unit.identity for unit in expansion.plan().units)
    digest = hashlib.sha256("\n".join(identities).encode()).hexdigest()
    assert {"units": len(identities), "sha256": digest} == IDENTITIES[title]


def test_tables_of_stored_records_keep_their_bytes(tmp_path: Path) -> None:
    with tarfile.open(STORED / "lt-digits-smoke.tar.xz") as archive:
        # Early releases of Python 3.11 have no filters; the archive is our own.
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path / "run", **safe)
    directory = RunDirectory(tmp_path / "run")
    results = Results.read(directory)
    write_tables(results, directory, build_tables(results))
    assert not results.damaged
    assert {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.tables.iterdir())
    } == TABLES
