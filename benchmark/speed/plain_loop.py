"""What a researcher would write: PIL images, torchvision transforms, a DataLoader, default SGD."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from typing import Protocol

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import transforms

from imbnas.data.image_sets import ImageSet
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.pooling import AveragePool
from imbnas.training.fitting import torch_module
from imbnas.units.recipes import Recipe

CPU = torch.device("cpu")


class Data(Protocol):
    """Images and how networks are trained on them, as ``mini.Mini`` has them."""

    @property
    def recipe(self) -> Recipe: ...

    @property
    def shape(self) -> NetworkShape: ...

    @property
    def statistics(self) -> tuple[Sequence[float], Sequence[float]]:
        """Mean and standard deviation of each channel in [0, 1]."""

    def splits(self) -> tuple[ImageSet, ImageSet]:
        """Images of the training and of the test."""


class PilImages(Dataset[tuple[Tensor, int]]):
    """Images as torchvision's CIFAR-10 gives them; they were resized beforehand."""

    def __init__(self, images: ImageSet, transform: transforms.Compose) -> None:
        pixels = images.raw(torch.arange(len(images))).permute(0, 2, 3, 1).numpy()
        self.pixels = pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels
        self.labels = images.labels.tolist()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.pixels[index])), self.labels[index]


@dataclass(frozen=True)
class Setting:
    """How the loop uses the machine.

    Attributes:
        loaders: worker processes of the DataLoader.
        threads: of torch.
    """

    loaders: int
    threads: int


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    Attributes:
        seconds: network and data sets to accuracy, all in.
        recall: mean per-class recall on the test images; they are balanced.
    """

    seconds: float
    recall: float


def with_own_pooling(network: nn.Module) -> nn.Module:
    """Let PyTorch pool by its own function, in place."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, AveragePool):
                setattr(parent, name, nn.AvgPool2d(3, 1, padding=1, count_include_pad=False))
    return network


def train(
    data: Data,
    architecture: str,
    setting: Setting,
    steps: int,
    seed: int,
    tested: int = 10**6,
    device: torch.device = CPU,
) -> Trained:
    """Train for so many steps with a cosine, then test on so many images at most."""
    torch.set_num_threads(setting.threads)
    torch.manual_seed(seed)
    start = time.perf_counter()
    recipe = data.recipe
    built = get_space("nats-tss").build(architecture, data.shape)
    network = with_own_pooling(torch_module(built)).to(device)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=recipe.lr,
        momentum=recipe.momentum,
        nesterov=True,
        weight_decay=recipe.weight_decay,
    )
    train_loader, test_loader = _loaders(data, setting, tested)
    epochs = math.ceil(steps / len(train_loader))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    network.train()
    step = 0
    for _ in range(epochs):
        for batch, labels in train_loader:
            if step == steps:
                break
            loss = nn.functional.cross_entropy(network(batch.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            step += 1
    network.eval()
    correct = seen = 0
    with torch.no_grad():
        for batch, labels in test_loader:
            correct += int((network(batch.to(device)).argmax(1).cpu() == labels).sum())
            seen += len(labels)
    return Trained(time.perf_counter() - start, correct / seen)


def _loaders(
    data: Data, setting: Setting, tested: int
) -> tuple[DataLoader[tuple[Tensor, int]], DataLoader[tuple[Tensor, int]]]:
    recipe, (train_images, test_images) = data.recipe, data.splits()
    last = [transforms.ToTensor(), transforms.Normalize(*data.statistics)]
    first = [
        transforms.RandomCrop(recipe.resolution, padding=recipe.augmentation.pad),
        transforms.RandomHorizontalFlip(),
    ]
    train = PilImages(train_images, transforms.Compose(first + last))
    test = PilImages(test_images, transforms.Compose(last))
    loader = partial(
        DataLoader, num_workers=setting.loaders, persistent_workers=setting.loaders > 0
    )
    return (
        loader(train, recipe.batch_size, shuffle=True, drop_last=True),
        loader(Subset(test, range(min(tested, len(test)))), recipe.evaluation_batch_size),
    )


def seconds(
    barrier: Barrier,
    data: Data,
    architectures: tuple[str, ...],
    setting: Setting,
    steps: int,
    tested: int = 10**6,
) -> float:
    """Seconds of trainings one after the other, in a process that has warmed up."""
    train(data, architectures[0], setting, 1, 0, tested=1)
    barrier.wait()
    return sum(train(data, each, setting, steps, 0, tested).seconds for each in architectures)
