"""What the data path costs, against a training step of the mini recipe's network.

Run with ``pytest benchmark/speed --benchmark-enable``. The share goes into ``extra_info``.
"""

import time
from collections.abc import Iterator

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch.nn import functional

from imbnas.data import DataLocations, Stream, load_dataset, open_stream, resolve, select_images
from imbnas.data.dataset import ArraySplit, Dataset, array_digest
from imbnas.spaces import NetworkShape, get_space
from imbnas.training.fitting import torch_module
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Augmentation

BATCH = 64
STEPS = 16
ARCHITECTURE = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
    "+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
)
LIMIT = 0.05


def colour_dataset() -> Dataset:
    """As large as CIFAR-10; what the pixels show does not matter to the time."""
    generator = torch.Generator().manual_seed(0)

    def split(per_class: int) -> ArraySplit:
        labels = torch.arange(10).repeat(per_class)
        shape = (len(labels), 32, 32, 3)
        images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
        return ArraySplit(labels.numpy(), images.numpy())

    train, test = split(5000), split(10)
    names = tuple(str(label) for label in range(10))
    mean = (0.5, 0.5, 0.5)
    return Dataset("colour", names, train, test, array_digest(names, train, test), mean, mean)


def make_stream(dataset: Dataset, resolution: int, augmentation: Augmentation) -> Stream:
    manifest = resolve(parse_condition(f"{dataset.name}@50x"), dataset)
    images = select_images(dataset, manifest.train, resolution=resolution)
    return open_stream(images, BATCH, augmentation, torch.Generator().manual_seed(0))


def training_step_seconds(stream: Stream, shape: NetworkShape) -> float:
    """Shortest time of a step on images that are there already."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = get_space("nats-tss").build(ARCHITECTURE, shape)
    parameters = torch_module(network).parameters()
    optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9, nesterov=True)
    seconds = []
    for images, labels in list(stream.epoch(25)):
        start = time.perf_counter()
        loss = functional.cross_entropy(network(images), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(
    ("name", "augmentation"),
    [
        ("mini", Augmentation(pad=2, flip=True)),
        ("mini", Augmentation(pad=2, flip=True, cutout=4)),
        ("digits", Augmentation(pad=1)),
    ],
    ids=["mini", "mini with cutout", "digits"],
)
def test_data_path_of_a_training_step(
    benchmark: BenchmarkFixture, name: str, augmentation: Augmentation
) -> None:
    if name == "digits":
        dataset = load_dataset("digits", DataLocations.from_options(offline=True))
        shape = NetworkShape(width=8, depth=1, resolution=8, in_channels=1)
    else:
        dataset = colour_dataset()
        shape = NetworkShape(width=8, depth=1, resolution=16, in_channels=3)
    stream = make_stream(dataset, shape.resolution, augmentation)

    def epoch() -> int:
        return sum(len(labels) for _, labels in stream.epoch(STEPS))

    assert benchmark.pedantic(epoch, rounds=20, warmup_rounds=2) == STEPS * BATCH
    if benchmark.stats is None:
        return
    step = training_step_seconds(stream, shape)
    # The shortest times are those that other work on the machine disturbed least.
    batch = benchmark.stats.stats.min / STEPS
    benchmark.extra_info.update(
        batch_milliseconds=1e3 * batch, step_milliseconds=1e3 * step, share=batch / step
    )
    assert batch / step <= LIMIT
