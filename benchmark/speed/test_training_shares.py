"""What of a whole training of lt-cifar/mini is steps, and what comes before and after them."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import mini
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from ratios import Report
from test_suite_throughput import store_run, trainings

from imbnas.execution.data_pool import DataPool
from imbnas.execution.malloc import keep_freed_memory
from imbnas.execution.stack import fit_stack
from imbnas.execution.train import outcome, set_up_unit
from imbnas.runs.queue.stacks import stacks
from imbnas.suites.expand import Expansion
from imbnas.training.checkpoints import NothingKept
from imbnas.units.unit import TrainUnit

pytestmark = pytest.mark.slow

STEPS = 20
"""Of a training; their seconds are multiplied."""

Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What some work gives, and its processor seconds."""
    start = time.process_time()
    return work(), time.process_time() - start


def test_what_is_no_step(
    benchmark: BenchmarkFixture, report: Report, images: mini.Mini, tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    keep_freed_memory()
    plan = Expansion(store_run(tmp_path, images).read_suite()).plan()
    recipe = mini.RECIPE.model_copy(update={"epochs": 1, "steps_per_epoch": STEPS})
    longer = mini.RECIPE.epochs * (mini.RECIPE.steps_per_epoch or 0) / STEPS
    units = [unit.model_copy(update={"recipe": recipe}) for unit in trainings(plan)]
    pool = DataPool(images.locations, torch.device("cpu"))

    def train(stack: Sequence[TrainUnit]) -> tuple[float, float, float]:
        ready, before = timed(lambda: [set_up_unit(unit, pool) for unit in stack])
        fit, steps = timed(lambda: fit_stack(ready, NothingKept()))
        places = enumerate(ready)
        _, after = timed(lambda: [outcome(one, fit, i, pool.device) for i, one in places])
        return before, steps * longer, after

    first, *further = dict.fromkeys(stacks(units).values())
    train(first)  # images are decoded, resized and held
    spent = benchmark.pedantic(train, args=(further[-1],), rounds=1, iterations=1)
    for place, name in ((0, "before its steps"), (2, "after them: evaluation, latency")):
        report(f"share of a training that is {name}", spent[place] / sum(spent), key=name)
