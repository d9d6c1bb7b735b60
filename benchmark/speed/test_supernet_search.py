"""Evaluation against training, and searching a supernet against training networks alone.

The aim is 1,000 sub-networks in the time of 40 trainings. Scaled down: 50 sub-networks, calibration
of batch statistics included, against the time of 2 trainings, which is computed from steps that are
timed here, the recipe's number of steps, and the evaluation of its test images.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Barrier

import mini
import numpy as np
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from ratios import Report
from side_by_side import side_by_side

from imbnas.data.manifests import Selection
from imbnas.data.streams import evaluation_batches, open_stream
from imbnas.execution.malloc import keep_freed_memory
from imbnas.schemes import resolve_scheme
from imbnas.schemes.training_scheme import build_scheme
from imbnas.spaces import get_space
from imbnas.supernet.scoring import Scorer
from imbnas.supernet.topology import TopologySupernet
from imbnas.training.evaluation import class_correct
from imbnas.training.fitting import Trainer, torch_module

ARCHITECTURES = 4
STEPS = 10
TURNS = 5
SUBNETWORKS = 50
CALIBRATION = 512


@dataclass(frozen=True)
class Seconds:
    """What takes how long.

    Attributes:
        training_image: of a training step, for each image.
        evaluated_image: of an evaluation, for each image.
        subnetwork: of scoring one, calibration included.
    """

    training_image: float
    evaluated_image: float
    subnetwork: float


def measure(barrier: Barrier, data: mini.Mini) -> Seconds:
    torch.set_num_threads(1)
    keep_freed_memory()
    space, rng = get_space("nats-tss"), np.random.default_rng(0)
    barrier.wait()
    alone = [_alone(data, space.random(rng)) for _ in range(ARCHITECTURES)]
    scorer = _scorer(data)
    scorer.score(space.random(rng))
    start = time.perf_counter()
    for _ in range(SUBNETWORKS):
        scorer.score(space.random(rng))
    subnetwork = (time.perf_counter() - start) / SUBNETWORKS
    training, evaluation = (sum(column) / ARCHITECTURES for column in zip(*alone, strict=True))
    return Seconds(training, evaluation, subnetwork)


def _alone(data: mini.Mini, architecture: str) -> tuple[float, float]:
    """Seconds of training and of evaluation for each image."""
    torch.manual_seed(0)
    network = get_space("nats-tss").build(architecture, data.shape)
    torch_module(network).to(memory_format=torch.channels_last)
    images = data.images()
    recipe = mini.RECIPE.model_copy(update={"epochs": 1, "steps_per_epoch": STEPS})
    fitting = Trainer(
        network=network,
        stream=open_stream(
            images.train, recipe.batch_size, recipe.augmentation, torch.Generator().manual_seed(0)
        ),
        scheme=build_scheme(resolve_scheme("ce"), images.manifest.class_counts, 1, seed=0),
        recipe=recipe,
        class_counts=images.manifest.class_counts,
        mixing_generator=torch.Generator(),
    )

    def evaluate() -> None:
        batches = evaluation_batches(images.validation, recipe.evaluation_batch_size)
        class_correct(network, batches, data.dataset().num_classes)

    training = _best(fitting.run)
    torch_module(network).eval()
    evaluation = _best(evaluate)
    return training / (STEPS * recipe.batch_size), evaluation / len(images.validation)


def _best(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TURNS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _scorer(data: mini.Mini) -> Scorer:
    torch.manual_seed(0)
    images = data.images()
    train = images.manifest.train
    chosen = np.random.default_rng(0).choice(train.indices, CALIBRATION, replace=False)
    return Scorer(
        TopologySupernet(data.shape).to(memory_format=torch.channels_last),
        images.select(Selection(split=train.split, indices=tuple(np.sort(chosen).tolist()))),
        images.validation,
        mini.RECIPE.evaluation_batch_size,
    )


def test_evaluation_and_search(
    benchmark: BenchmarkFixture, report: Report, images: mini.Mini
) -> None:
    (found,) = benchmark.pedantic(side_by_side, args=(measure, 1, images), rounds=1, iterations=1)
    report("evaluation: training", found.training_image / found.evaluated_image, 3)
    recipe, of = mini.RECIPE, images.images().manifest
    assert recipe.steps_per_epoch is not None
    epoch = recipe.steps_per_epoch * recipe.batch_size * found.training_image
    test = len(of.test.indices) * found.evaluated_image
    report(
        f"search of {SUBNETWORKS} sub-networks: 2 trainings of {recipe.epochs} epochs",
        2 * (recipe.epochs * epoch + test) / (SUBNETWORKS * found.subnetwork),
        1,
        key="search_ratio",
        epochs_at_par=(SUBNETWORKS * found.subnetwork / 2 - test) / epoch,
        validation_images=len(of.validation.indices),
        calibration_images=CALIBRATION,
        milliseconds_each=1e3 * found.subnetwork,
    )
