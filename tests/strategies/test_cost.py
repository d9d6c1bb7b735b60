"""What strategies cost at the published recipe's epochs, counted at CIFAR's sizes."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from imbnas.spaces import NetworkShape
from imbnas.strategies.adaptation import Adaptation
from imbnas.strategies.registry import build_strategy

CIFAR = NetworkShape(width=16, depth=5, resolution=32, in_channels=3, num_classes=10)
EPOCHS = {"supernet": 600, "adaptation": 200}


@pytest.fixture
def spent(adaptation_with: Callable[..., Adaptation]) -> Callable[..., int]:
    """Count a strategy at the paper's epochs.

    Two images of each class make a step an epoch, since all costs are proportional to the number
    of images; what is trained is a tiny supernet, what is counted the one of CIFAR.
    """

    def count(name: str, **options: object) -> int:
        strategy = build_strategy(name, options)
        adaptation = adaptation_with(
            epochs=EPOCHS[strategy.recipe], steps_per_epoch=None, batch_size=20, lr=1e-4
        )
        labels = adaptation.train_images.labels
        rows = torch.cat([(labels == label).nonzero()[:2, 0] for label in range(10)])
        images = adaptation.train_images.reordered(rows)
        trainer = replace(
            adaptation.trainer, images=images, class_counts=(2,) * 10, shape=CIFAR, seed=11
        )
        strategy.adapt(
            replace(adaptation, train_images=images, class_counts=(2,) * 10, trainer=trainer)
        )
        assert trainer.spending.images_seen % 20 == 0
        return trainer.spending.macs

    return count


def test_the_cheap_strategies_are_as_cheap_as_promised(spent: Callable[..., int]) -> None:
    scratch = spent("p3")
    # 200 epochs of one pass against 600 of three: a ninth, but for the paths that are drawn.
    assert scratch / spent("p1") == pytest.approx(9, rel=0.1)
    # 32 passes against 1,800.
    assert scratch / spent("p1-cached") > 20
    assert scratch / spent("p2") == pytest.approx(3, rel=0.1)
    # Three passes for 50 epochs, one for 150.
    assert scratch / spent("p2", freeze_after=50) == pytest.approx(1800 / 300, rel=0.1)
    for name in ("p0", "bn-only", "posthoc", "head-per-arch"):
        assert spent(name) == 0
