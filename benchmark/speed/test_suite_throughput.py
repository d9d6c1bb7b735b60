"""Trainings an hour of a run with two workers, against a plain loop that does one after the other.

The run stacks three replicates, as lt-cifar/mini does. The loop's best configuration of 0, 1 and 2
loader processes and 1 and 2 threads counts.
"""

import math
import statistics
from pathlib import Path
from threading import Barrier

import mini
import plain_loop
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from ratios import Report
from side_by_side import side_by_side, timed

from imbnas.execution.runner import Runner
from imbnas.runs.queue.queue import Queue
from imbnas.runs.queue.stacks import stacks
from imbnas.runs.store.checkpoints import Checkpointing
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.worker import Worker
from imbnas.suites.expand import Expansion, Plan
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.training.evaluation import mean_recall
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Record
from imbnas.units.unit import TrainUnit

SEEDS = 10
SETTINGS = [plain_loop.Setting(loaders, threads) for loaders in (0, 1, 2) for threads in (1, 2)]
STEPS = 160
FIRST_LOOK = (16, 1024)
"""Steps and test images after which a configuration of the loop is judged."""

WORKERS = 2

SUITE = """
name = "throughput"
version = "1"
summary = "two cells, trained on long-tailed and on balanced images, three times"
default_fidelity = "only"
protocol = "strict"
space = "nats-tss"

[parts.transfer]
kind = "transfer"
reference = {{ condition = "{name}@100x", scheme = "ce" }}
targets = [{{ condition = "{name}@1x:like-100x", scheme = "ce" }}]

[fidelities.only]
replicates = 3
stack = 3
population = {{ size = 2, seed = 0 }}
calibration_images = 512

[fidelities.only.network]
epochs = {epochs}
steps_per_epoch = 8
batch_size = {recipe.batch_size}
lr = {recipe.lr}
resolution = {recipe.resolution}
width = {recipe.width}
depth = {recipe.depth}
stem = {{ kernel = {recipe.stem.kernel}, stride = {recipe.stem.stride} }}
augmentation = {{ pad = {recipe.augmentation.pad}, flip = true }}
"""


def store_run(folder: Path, images: mini.Mini) -> RunDirectory:
    file = folder / "throughput.toml"
    file.write_text(SUITE.format(name=images.name, recipe=mini.RECIPE, epochs=STEPS // 8))
    directory = RunDirectory(folder / "run")
    directory.path.mkdir()
    directory.store_suite(resolve_suite(SuiteRequest(read_suite(file), "only", images.locations)))
    return directory


def trainings(plan: Plan) -> list[TrainUnit]:
    """All that the suite consists of."""
    return [unit for unit in plan.units if isinstance(unit, TrainUnit)]


def work(barrier: Barrier, path: Path, images: mini.Mini) -> float:
    """Seconds in which a worker that has warmed up finds nothing left to do."""
    directory = RunDirectory(path)
    plan = Expansion(directory.read_suite()).plan()
    queue, keeping = Queue(plan, directory), Checkpointing(directory)
    units = trainings(plan)
    executor = Runner(directory, images.locations, attempt=keeping.attempt)
    # Warms up, as the plain loop did; nothing is published.
    executor.execute_stack(stacks(units)[units[0].identity])
    return timed(barrier, Worker(directory, queue, executor, keeping).run)


def test_a_run_of_two_workers(
    benchmark: BenchmarkFixture, report: Report, images: mini.Mini, tmp_path: Path
) -> None:
    directory = store_run(tmp_path, images)
    units = trainings(Expansion(directory.read_suite()).plan())
    cells = tuple(dict.fromkeys(unit.model.label for unit in units))
    looks = {
        setting: side_by_side(plain_loop.seconds, 1, images, cells[:1], setting, *FIRST_LOOK)[0]
        for setting in SETTINGS
    }
    best = min(looks, key=looks.__getitem__)
    (plain,) = side_by_side(plain_loop.seconds, 1, images, cells, best, STEPS)
    spent = benchmark.pedantic(side_by_side, args=(work, WORKERS, directory.path, images), rounds=1)
    assert len(directory.finished()) == len(units) == 12
    engine = max(spent) / len(units)
    report(
        "whole suite, 2 workers: plain loop",
        plain / len(cells) / engine,
        4,
        plain_seconds_each=plain / len(cells),
        seconds_each=engine,
        plain_configuration=str(best),
        dataset=images.name,
    )


@pytest.mark.slow
def test_a_plain_loop_and_a_run_reach_the_same(
    benchmark: BenchmarkFixture, report: Report, images: mini.Mini, tmp_path: Path
) -> None:
    directory = store_run(tmp_path, images)
    halves = benchmark.pedantic(side_by_side, args=(recalls, 2, directory.path, images), rounds=1)
    plain, engine = ([one for half in halves for one in half[kind]] for kind in range(2))
    assert len(plain) == len(engine) == SEEDS
    difference = statistics.mean(engine) - statistics.mean(plain)
    error = math.sqrt((statistics.variance(engine) + statistics.variance(plain)) / SEEDS)
    report(
        f"accuracy over {SEEDS} seeds: difference from the plain loop in standard errors",
        abs(difference) / error,
        2,
        smaller=True,
        key="standard_errors",
        plain=statistics.mean(plain),
        engine=statistics.mean(engine),
        standard_error=error,
    )


def recalls(barrier: Barrier, path: Path, images: mini.Mini) -> tuple[list[float], list[float]]:
    """Mean recall of a plain loop and of the engine, for half of the seeds on the same images."""
    first = barrier.wait()
    directory = RunDirectory(path)
    planned = trainings(Expansion(directory.read_suite()).plan())
    same_images = images.images().manifest.sha256
    unit = next(unit for unit in planned if unit.data.manifest_sha256 == same_images)
    units = [unit.model_copy(update={"replicate": seed}) for seed in range(SEEDS)]
    mine = list(dict.fromkeys(stacks(units).values()))[first::2]
    executor, setting = Runner(directory, images.locations), plain_loop.Setting(0, threads=1)
    engine, seeds = [], []
    for record in [record for stack in mine for record in executor.execute_stack(stack)]:
        assert isinstance(record, Record)
        assert isinstance(record.metrics, TrainMetrics)
        engine.append(mean_recall(record.metrics.class_correct, record.metrics.class_total))
        seeds.append(record.unit.replicate)
    cell = unit.model.label
    plain = [plain_loop.train(images, cell, setting, STEPS, seed).recall for seed in seeds]
    return plain, engine
