"""What processes of plug-ins say of how far they are is bounded, printable, or nothing."""

import math

import pytest

from imbnas.execution.service import _reached
from imbnas.training.checkpoints import Reached


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        (["epoch 1 of 4, loss 2", 0.25], Reached("epoch 1 of 4, loss 2", 0.25)),
        (["3 networks", None], Reached("3 networks")),
        (["two\nlines", 1], Reached("two", 1.0)),
        (["\x1b[31mred", 0], Reached("\\x1b[31mred", 0.0)),
        (["x" * 10_000, None], Reached("x" * 200)),
        (None, None),
        ("words", None),
        (["words"], None),
        (["words", 1.5], None),
        (["words", -1], None),
        (["words", math.nan], None),
        ([1, 0.5], None),
        ({"text": "words", "share": 0.5}, None),
    ],
)
def test_what_is_told_is_understood_or_nothing(told: object, understood: Reached | None) -> None:
    assert _reached(told) == understood


def test_the_share_of_a_training_within_a_ranking_is_that_of_the_ranking() -> None:
    inner = Reached.epoch(3, 4, 1.0)
    assert inner.after_networks(2, 8) == Reached("2 of 8 networks, epoch 3 of 4, loss 1", 2.75 / 8)
    assert Reached.networks(8, 8).share == 1
    assert Reached.networks(5).share is None
