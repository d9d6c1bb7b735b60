import math

import pytest

from imbnas.training.schedule import learning_rate
from imbnas.units.recipes import Recipe


def test_cosine_falls_from_the_peak_to_zero() -> None:
    recipe = Recipe(epochs=10, lr=0.2)
    assert learning_rate(recipe, 0) == pytest.approx(0.2)
    assert learning_rate(recipe, 5) == pytest.approx(0.1)
    assert learning_rate(recipe, 2.5) == pytest.approx(0.1 * (1 + math.cos(math.pi / 4)))
    assert learning_rate(recipe, 10) == pytest.approx(0, abs=1e-12)


def test_steps_fall_at_whole_epochs() -> None:
    recipe = Recipe(epochs=200, lr=0.1, schedule="step", milestones=(160, 180), gamma=0.01)
    rates = [learning_rate(recipe, epoch) for epoch in (0, 159.9, 160, 179.9, 180, 199)]
    assert rates == pytest.approx([0.1, 0.1, 1e-3, 1e-3, 1e-5, 1e-5])


def test_warm_up_rises_to_the_peak() -> None:
    recipe = Recipe(epochs=10, lr=0.1, warmup_epochs=2, schedule="constant")
    rates = [learning_rate(recipe, epoch / 4) for epoch in range(12)]
    assert rates == sorted(rates)
    assert 0 < rates[0] < 0.01
    assert rates[8:] == pytest.approx([0.1] * 4)


def test_the_published_warm_up_rises_epoch_by_epoch() -> None:
    """LDAM-DRW/cifar_train.py: lr * (epoch + 1) / 5 in the first five epochs."""
    recipe = Recipe(
        epochs=200, lr=0.1, warmup_epochs=5, warmup_by="epoch",
        schedule="step", milestones=(160, 180), gamma=0.01,
    )  # fmt: skip
    rates = [learning_rate(recipe, epoch + part) for epoch in range(6) for part in (0, 0.5, 0.99)]
    assert rates == pytest.approx(
        [0.1 * min(epoch + 1, 5) / 5 for epoch in range(6) for _ in "abc"]
    )
    assert learning_rate(recipe, 159.99) == pytest.approx(0.1)
    assert learning_rate(recipe, 180) == pytest.approx(1e-5)


@pytest.mark.parametrize(
    "fields",
    [
        {"schedule": "step"},
        {"milestones": (3,)},
        {"momentum": 0, "nesterov": True},
        {"epochs": 0},
        {"lr": 0},
        {"warmup_by": "batch"},
        {"best_epoch": True, "average_from": 0.5},
        {"channel_statistics": {"mean": (0.5, 0.5, 0.5), "std": (0.2,)}},
        {"channel_statistics": {"mean": (0.5,), "std": (0,)}},
        {"channel_statistics": {"mean": (), "std": ()}},
    ],
)
def test_inconsistent_recipes_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Recipe.model_validate({"epochs": 5, **fields})
