"""A search on a part of the validation images, and one that makes heads: seen as planned."""

from pathlib import Path

import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.execution.data_pool import DataPool
from imbnas.execution.runner import Runner
from imbnas.planning.cost import UnitCosts
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.units.metrics import SearchMetrics

LOCATIONS = DataLocations.from_options(offline=True)


@pytest.mark.parametrize("strategy", ["p0", "head-per-arch"])
def test_a_search_sees_at_most_so_many_images_of_the_validation_split(
    tmp_path: Path, tiny_suite: Path, strategy: str
) -> None:
    path = tmp_path / "s.toml"
    text = tiny_suite.read_text().replace('["p0", "p1"]', f'["{strategy}"]')
    path.write_text(text.replace("images = 64", "images = 64\nvalidation_images = 49"))
    expansion = Expansion(resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS)))
    units = expansion.plan(["adaptation"]).units
    costs = UnitCosts(DataPool(LOCATIONS, torch.device("cpu")), units)
    directory = RunDirectory(tmp_path / "run")
    executor = Runner(directory, LOCATIONS)
    heads = sum(expansion.resolved.conditions["digits@10x"].class_counts)
    each = 64 + 40 + (heads if strategy == "head-per-arch" else 0)
    for unit in (u for u in units if u.replicate == 0):
        record = executor.execute(unit)
        directory.publish_record(record)
        if isinstance(record.metrics, SearchMetrics):
            planned = costs.of(unit)
            assert planned is not None
            assert planned.images_seen == record.cost.images_seen
            assert record.cost.images_seen == len(record.metrics.scores) * each
            # Four images of each class, so that a mean recall is a number of fortieths.
            fortieths = [40 * score for _, score in record.metrics.scores]
            assert fortieths == pytest.approx([round(n) for n in fortieths])
