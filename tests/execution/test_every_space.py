"""Suites of every space with a supernet, end to end."""

import json
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.execution.network import build_network
from imbnas.execution.runner import Runner
from imbnas.execution.supernets import fresh_supernet
from imbnas.runs.store.directory import RunDirectory
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.darts.space import Darts
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.possible_records import PossibleRecords
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.units.metrics import SearchMetrics, SupernetMetrics, TrainMetrics
from imbnas.units.stem import Stem
from imbnas.units.unit import SpaceModel

LOCATIONS = DataLocations.from_options(offline=True)
STRATEGIES = ("p0", "p1", "p2", "p3")


@pytest.mark.parametrize(
    ("space", "calibration", "sampling", "stem", "strategies"),
    [
        ("nats-tss", 0, "fair", Stem(), STRATEGIES),
        ("nats-tss", 64, "uniform", Stem(kernel=2, stride=2), STRATEGIES),
        ("nats-sss", 64, "uniform", Stem(kernel=3, stride=2), STRATEGIES),
        ("nats-sss", 0, "uniform", Stem(), STRATEGIES),
        ("darts", 64, "uniform", Stem(kernel=3, stride=2), STRATEGIES[2:3]),
        pytest.param(
            "darts", 64, "uniform", Stem(kernel=3, stride=2), STRATEGIES, marks=pytest.mark.slow
        ),
    ],
)
def test_supernets_are_trained_adapted_and_searched_and_the_found_is_trained(
    space: str,
    calibration: int,
    sampling: str,
    stem: Stem,
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
    written = f"stem = {{ kernel = {stem.kernel}, stride = {stem.stride} }}\n"
    for recipe in ("network", "supernet", "adaptation"):
        table = f"[fidelities.only.{recipe}]\n"
        text = text.replace(table, table + written)
    path = tmp_path / "suite.toml"
    path.write_text(text)
    resolved = resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS))
    plan = Expansion(resolved).plan(["adaptation"])
    folder = RunDirectory(tmp_path / "run")
    executor = Runner(folder, LOCATIONS)
    possible = PossibleRecords(resolved)
    shape = NetworkShape(4, 1, 8, 1, 10, stem)
    found = {}
    for unit in plan.units:
        record = executor.execute(unit)
        folder.publish_record(record)
        possible.check(record)
        assert record.cost.images_seen > 0 or unit.label.endswith("p0")
        if isinstance(record.metrics, SearchMetrics):
            assert all(0 <= score <= 1 for _, score in record.metrics.scores)
            found[unit.identity] = record.metrics.best
            names = [name for name, _ in record.metrics.scores]
            macs = sum(get_space(space).counts(name, shape).macs for name in names)
            assert record.cost.macs * len(names) == macs * record.cost.images_seen
        if isinstance(record.metrics, SupernetMetrics):
            passes = 5 if sampling == "fair" else 1
            assert record.cost.images_seen == passes * 2 * 2 * 32
    assert len(found) == 2 * len(strategies)
    trained = plan.found_units(found)
    assert {unit.model.label for unit in trained} <= set(found.values())
    metrics = executor.execute(trained[0]).metrics
    assert isinstance(metrics, TrainMetrics)
    counts = get_space(space).counts(trained[0].model.label, shape)
    assert (metrics.params, metrics.macs) == (counts.params, counts.macs)


def test_a_space_with_a_stem_of_its_own_is_not_built_with_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(Darts, "stage_reduction")
    model = SpaceModel(space="darts", version="1", architecture="DARTS_V2")
    for stem, refused in ((Stem(), False), (Stem(stride=2), True)):
        shape = NetworkShape(4, 1, 8, 1, 10, stem)
        makers = (
            partial(build_network, model, shape, LOCATIONS),
            partial(fresh_supernet, "darts", shape, 0, torch.device("cpu")),
        )
        for make in makers:
            with pytest.raises(InputError, match="own; leave") if refused else nullcontext():
                make()
