"""Schemes on real images: what is meant to help rare classes does.

CIFAR-10 at 16x16 with 5000 … 50 training images a class (100x) and a small convolutional network.
Each seed has its own subset, its own order of classes from head to tail, and its own training.
Run with ``-m slow -s`` to see the table.
"""

import io
import os
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from imbnas.schemes import build_scheme, resolve_scheme

SCHEMES = ("ce", "balanced-softmax", "logit-adjust", "ldam-drw", "cb-drw")
SEEDS = (0, 1, 2)
COUNTS = [int(5000 * 0.01 ** (k / 9)) for k in range(10)]
EPOCHS, BATCH, LR, WEIGHT_DECAY, WIDTH = 20, 64, 0.1, 5e-4, 8
# CIFAR-10 at 100x has no class below 20 images; "few" are the third of classes that have fewest.
GROUPS = {"many": [0, 1, 2, 3], "medium": [4, 5, 6], "few": [7, 8, 9]}


@dataclass(frozen=True)
class Split:
    """Normalised images (N, 3, 16, 16) and labels (N,)."""

    images: torch.Tensor
    labels: torch.Tensor


class SmallNetwork(nn.Module):
    """Three convolutions of width W, 2W, 4W and a linear classifier."""

    def __init__(self, num_classes):
        super().__init__()
        layers = []
        for before, after, stride in (
            (3, WIDTH, 1),
            (WIDTH, 2 * WIDTH, 2),
            (2 * WIDTH, 4 * WIDTH, 2),
        ):
            layers += [
                nn.Conv2d(before, after, 3, stride, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers)
        self.num_features = 4 * WIDTH
        self.classifier = nn.Linear(self.num_features, num_classes)

    def forward_features(self, images):
        return self.body(images).mean((2, 3))

    def forward(self, images):
        return self.classifier(self.forward_features(images))


def shared_folder():
    if "IMBNAS_SHARED" in os.environ:
        return Path(os.environ["IMBNAS_SHARED"])
    for parent in Path(__file__).resolve().parents:
        if (parent / "shared").is_dir():
            return parent / "shared"
    return None


class Archive:
    """An archive of SPLIT/CLASS/IMAGE files, decoded as far as it is asked for."""

    def __init__(self, path):
        self.files = {}
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isfile():
                    split, label, name = Path(member.name).parts[-3:]
                    rows = self.files.setdefault(split, {}).setdefault(label, {})
                    rows[name] = tar.extractfile(member).read()

    def take(self, split, order, wanted=None):
        """Images number ``wanted[k]``, or all, of the class that is k-th in ``order``."""
        images, labels = [], []
        names = sorted(self.files[split])
        for k, place in enumerate(order):
            rows = self.files[split][names[place]]
            encoded = [rows[name] for name in sorted(rows)]
            numbers = range(len(encoded)) if wanted is None else wanted[k]
            images += [decode(encoded[i]) for i in numbers]
            labels += [k] * len(numbers)
        stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
        return Split((F.avg_pool2d(stacked, 2) / 255 - 0.47) / 0.25, torch.tensor(labels))

    def long_tailed(self, order, rng):
        """A long-tailed training subset; class 0 is the head."""
        wanted = [rng.permutation(5000)[:n].tolist() for n in COUNTS]
        return self.take("train", order, wanted)


def decode(encoded):
    return np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))


@pytest.fixture(scope="session")
def cifar10():
    folder = shared_folder()
    path = folder / "data" / "cifar10.tar.gz" if folder else None
    if path is None or not path.is_file():
        pytest.skip("shared/data/cifar10.tar.gz is absent; set IMBNAS_SHARED to its folder")
    return Archive(path)


def augmented(images, generator):
    """Mirror, and shift by up to two pixels, each batch's images independently."""
    size = len(images)
    padded = F.pad(images, (2, 2, 2, 2))
    top, left = (torch.randint(5, (size, 1, 1, 1), generator=generator) for _ in range(2))
    steps = torch.arange(16)
    flip = torch.rand(size, 1, generator=generator) < 0.5
    columns = torch.where(flip, 15 - steps, steps)[:, None, None, :] + left
    rows = (steps[:, None] + top).expand(size, 1, 16, 16)
    index = (rows * 20 + columns).flatten(2).expand(size, 3, 256)
    return padded.flatten(2).gather(2, index).view_as(images)


def train(name, split, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        scheme = build_scheme(resolve_scheme(name), COUNTS, EPOCHS, seed)
        network = SmallNetwork(len(COUNTS))
        network.classifier = scheme.make_classifier(network.num_features, 10) or network.classifier
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(
        network.parameters(), LR, momentum=0.9, weight_decay=WEIGHT_DECAY, nesterov=True
    )
    steps = len(split.labels) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LR, total_steps=EPOCHS * steps, pct_start=0.1, cycle_momentum=False
    )
    for epoch in range(EPOCHS):
        scheme.set_epoch(epoch)
        order = torch.randperm(len(split.labels), generator=generator)[: steps * BATCH]
        for rows in order.view(steps, BATCH):
            images = augmented(split.images[rows], generator)
            images, targets = scheme.mix(images, split.labels[rows], generator)
            loss = scheme.loss(network(images), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


@torch.no_grad()
def recalls(network, split):
    """Share of each class's test images that are classified correctly."""
    predicted = torch.cat([network(images).argmax(1) for images in split.images.split(500)])
    hits = torch.bincount(split.labels[predicted == split.labels], minlength=10)
    return (hits / torch.bincount(split.labels, minlength=10)).numpy()


@pytest.fixture(scope="session")
def accuracies(cifar10):
    """Scheme → (seeds, classes) recalls."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    found = {name: [] for name in SCHEMES}
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        order = rng.permutation(10)
        subset, test_split = cifar10.long_tailed(order, rng), cifar10.take("test", order)
        for name in SCHEMES:
            found[name].append(recalls(train(name, subset, seed), test_split))
            sys.stdout.write(f"\nseed {seed} {name}: {100 * found[name][-1].mean():.1f}")
    torch.set_num_threads(threads)
    table = {name: np.stack(rows) for name, rows in found.items()}
    sys.stdout.write("\n" + as_table(table) + "\n")
    return table


def as_table(table):
    """Markdown: mean over seeds of the accuracy in percent, its standard deviation, groups."""
    lines = ["| scheme | all classes | many | medium | few |", "|---|---|---|---|---|"]
    for name, rows in table.items():
        cells = [f"{100 * rows.mean():.1f} ± {100 * rows.mean(1).std(ddof=1):.1f}"]
        cells += [f"{100 * rows[:, classes].mean():.1f}" for classes in GROUPS.values()]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SCHEMES[1:])
def test_it_beats_cross_entropy_and_rare_classes_gain_most(accuracies, name):
    gain = (accuracies[name] - accuracies["ce"]).mean(0)
    assert gain.mean() > 0
    by_group = {group: gain[classes].mean() for group, classes in GROUPS.items()}
    assert max(by_group, key=by_group.get) == "few"
