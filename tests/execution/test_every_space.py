"""Suites of every space with a supernet, end to end."""

import json
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.execution.runner import Runner
from imbnas.runs.store.directory import RunDirectory
from imbnas.spaces import NetworkShape, get_space
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.units.metrics import SearchMetrics, SupernetMetrics, TrainMetrics

LOCATIONS = DataLocations.from_options(offline=True)
STRATEGIES = ("p0", "p1", "p2", "p3")


@pytest.mark.parametrize(
    ("space", "calibration", "sampling", "strategies"),
    [
        ("nats-tss", 0, "fair", STRATEGIES),
        ("nats-sss", 64, "uniform", STRATEGIES),
        ("nats-sss", 0, "uniform", STRATEGIES),
        ("darts", 64, "uniform", STRATEGIES[2:3]),
        pytest.param("darts", 64, "uniform", STRATEGIES, marks=pytest.mark.slow),
    ],
)
def test_supernets_are_trained_adapted_and_searched_and_the_found_is_trained(
    space: str,
    calibration: int,
    sampling: str,
    strategies: tuple[str, ...],
    tmp_path: Path,
    tiny_suite: Path,
) -> None:
    text = tiny_suite.read_text()
    for old, new in (
        ('space = "nats-tss"', f'space = "{space}"'),
        ('["p0", "p1"]', json.dumps(strategies)),
        ("calibration_images = 64", f"calibration_images = {calibration}"),
        ("replicates = 2", "replicates = 1"),
        ("size = 4", "size = 2"),
        (
            "[fidelities.only.supernet]\n",
            f'[fidelities.only.supernet]\npath_sampling = "{sampling}"\n',
        ),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "suite.toml"
    path.write_text(text)
    resolved = resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS))
    plan = Expansion(resolved).plan(["adaptation"])
    folder = RunDirectory(tmp_path / "run")
    executor = Runner(folder, LOCATIONS)
    found = {}
    for unit in plan.units:
        record = executor.execute(unit)
        folder.publish_record(record)
        assert record.cost.images_seen > 0 or unit.label.endswith("p0")
        if isinstance(record.metrics, SearchMetrics):
            assert all(0 <= score <= 1 for _, score in record.metrics.scores)
            found[unit.identity] = record.metrics.best
        if isinstance(record.metrics, SupernetMetrics):
            passes = 5 if sampling == "fair" else 1
            assert record.cost.images_seen == passes * 2 * 2 * 32
    assert len(found) == 2 * len(strategies)
    trained = plan.found_units(found)
    assert {unit.model.label for unit in trained} <= set(found.values())
    metrics = executor.execute(trained[0]).metrics
    assert isinstance(metrics, TrainMetrics)
    shape = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)
    counts = get_space(space).counts(trained[0].model.label, shape)
    assert (metrics.params, metrics.macs) == (counts.params, counts.macs)
