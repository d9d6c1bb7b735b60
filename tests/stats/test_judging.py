import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.stats import judged_losses, optimism, regret_of_transfer


def by_hand(y: np.ndarray, numbers: list[int], pickers: list[int]) -> np.ndarray:
    lost = np.zeros((len(y), len(pickers)))
    for column, picker in enumerate(pickers):
        judges = [j for j, number in enumerate(numbers) if number != picker]
        for judge in judges:
            means = [np.mean([row[j] for j in range(len(numbers)) if j != judge]) for row in y]
            best = [row[judge] for row, mean in zip(y, means, strict=True) if mean == max(means)]
            for place, row in enumerate(y):
                lost[place, column] += (np.mean(best) - row[judge]) / len(judges)
    return lost


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.integers(2, 5), st.integers(0, 10**6))
def test_losses_are_those_computed_by_hand(size: int, replicates: int, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, 5, (size, replicates)).astype(float)
    numbers, pickers = list(range(replicates)), [0, replicates, 1]
    assert judged_losses(y, numbers, pickers) == pytest.approx(by_hand(y, numbers, pickers))


def test_a_pick_by_single_replicates_loses_what_regret_of_transfer_says() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=(40, 1))
    x, y = (truth + rng.normal(size=(40, 4)) for _ in range(2))
    numbers = (0, 1, 2, 3)
    lost = judged_losses(y, numbers, numbers)
    picked = np.mean([lost[np.argmax(x[:, i]), i] for i in numbers])
    known = regret_of_transfer(x, y, 1, replicates=(numbers, numbers))
    assert picked == pytest.approx(known.regret)
    assert lost.mean() == pytest.approx(known.random_pick)


@pytest.mark.parametrize("replicates", [2, 3, 6])
def test_the_best_there_is_lies_between_both_references(replicates: int) -> None:
    rng, gaps = np.random.default_rng(replicates), []
    for _ in range(400):
        truth = rng.normal(size=60)
        y = truth[:, None] + rng.normal(size=(60, replicates)) * 1.5 + rng.normal(size=replicates)
        numbers = list(range(replicates))
        best = int(np.argmax(truth))
        # By how much the reference lies below the best, and by how much at most.
        gaps.append((-judged_losses(y, numbers, numbers)[best].mean(), optimism(y)))
    below, most = np.mean(gaps, axis=0)
    assert 0 < below < most


def test_the_level_of_a_replicate_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(20, 3))
    raised = y + np.array([0.0, 5.0, -3.0])
    first, second = (judged_losses(each, [0, 1, 2], [0, 1, 2]) for each in (y, raised))
    assert first == pytest.approx(second)
    assert optimism(y) == pytest.approx(optimism(raised))


@pytest.mark.parametrize(
    ("y", "numbers", "pickers", "said"),
    [
        ([[1.0], [2.0]], [0], [1], "a single replicate"),
        ([[1.0, np.nan], [2.0, 1.0]], [0, 1], [0], "a value is missing"),
        ([[1.0, 1.0], [2.0, 1.0]], [0, 0], [0], "no replicate is left"),
        ([[1.0, 1.0], [2.0, 1.0]], [0], [0], "give a number for each"),
    ],
)
def test_what_cannot_be_judged_is_refused(y, numbers, pickers, said: str) -> None:
    with pytest.raises(InputError, match=said):
        judged_losses(y, numbers, pickers)
