"""How often a whole table holds a false *changed*: two datasets, two trainings each, one ranking.

Every table has six rows under Holm's correction. The rankings of all four trainings are the same;
whatever else a suite may meet is put between them. The rates are printed (``pytest -s``).
"""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytest
from scipy.special import ndtr

from imbnas.stats import holm_verdicts, rank_transfer

from .chance import most

SIDES = (("first", 0), ("first", 1), ("second", 0), ("second", 1))
"""(dataset, training); those of one dataset share test images and, number by number, subsets."""


@dataclass(frozen=True)
class World:
    """What disturbs the measurement of one ranking, in standard deviations of the accuracies.

    Attributes:
        n: distinct architectures.
        replicates: of each training.
        noise: of single replicates, one for each training.
        subset: architecture × subset of training images.
        images: architecture × test images of a dataset.
        twins: how many architectures occur three times, as spellings of one function.
        skewed: whether the second training of a dataset has a long tail of bad architectures.
        correlation: of the second trainings' true ranking with that of the first ones.
    """

    n: int = 64
    replicates: int = 3
    noise: tuple[float, float, float, float] = (0.5, 0.5, 0.5, 0.5)
    subset: float = 0.0
    images: float = 0.0
    twins: int = 0
    skewed: bool = False
    correlation: float = 1.0


WORLDS = {
    "plain": World(),
    "shared subsets": World(subset=0.5),
    "unequal noise": World(noise=(0.3, 1.0, 0.3, 1.0)),
    "twins": World(twins=16),
    "skew": World(skewed=True),
    "other test images": World(images=0.35),
    "all of them": World(
        subset=0.5, noise=(0.3, 0.6, 0.4, 0.8), twins=16, skewed=True, images=0.35
    ),
}


def measured(rng, world):
    """Side → (A, R) accuracies, and the (A,) classes of twins."""
    truth = rng.normal(size=world.n)
    other = rng.normal(size=world.n)
    other = world.correlation * truth + np.sqrt(1 - world.correlation**2) * other
    members = np.r_[np.arange(world.n), np.repeat(np.arange(world.twins), 2)]
    sides = {}
    for place, (dataset, training) in enumerate(SIDES):
        if training == 0:
            luck = world.images * rng.normal(size=world.n)
            subset = world.subset * rng.normal(size=(world.n, world.replicates))
        true = other if training else truth
        if world.skewed and training:
            # The same ranking, standardised: exponential instead of normal.
            true = 1 + np.log(ndtr(true))
        values = (true + luck)[:, None] + subset
        noise = world.noise[place] * rng.normal(size=(len(members), world.replicates))
        sides[dataset, training] = values[members] + noise
    return sides, members


def table(rng, world, *, informed, resamples):
    """Verdicts of all pairs; ``informed`` says what is shared and what images add."""
    sides, classes = measured(rng, world)
    numbers = range(world.replicates)
    rows = []
    for one, two in combinations(SIDES, 2):
        known = {"classes": classes} if informed else {}
        if informed and one[0] == two[0]:
            known["replicates"] = (numbers, numbers)
        elif informed:
            known["image_variance"] = (world.images**2,) * 2
        rows.append(rank_transfer(sides[one], sides[two], resamples=resamples, **known))
    return [row.verdict for row in holm_verdicts(rows)]


def rate(world, draws, *, informed=True, resamples=499):
    """Share of tables with at least one *changed*."""
    rng = np.random.default_rng(12)
    return np.mean(
        [
            "changed" in table(rng, world, informed=informed, resamples=resamples)
            for _ in range(draws)
        ]
    )


@pytest.mark.parametrize("name", ["plain", "all of them"])
def test_few_tables_hold_a_false_change(name):
    assert rate(WORLDS[name], 25) <= most(0.05, 25)


def test_the_same_table_errs_where_nothing_is_known():
    assert rate(WORLDS["other test images"], 10, informed=False) >= 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("n", "replicates"), [(64, 3), (64, 6), (128, 3)])
@pytest.mark.parametrize("name", list(WORLDS))
def test_whole_tables_in_full(name, n, replicates):
    world = replace(WORLDS[name], n=n, replicates=replicates)
    known, unknown = rate(world, 200), rate(world, 20, informed=False)
    print(f"{name}, {n} architectures, {replicates} replicates: {known:.3f} ({unknown:.3f})")  # noqa: T201
    assert known <= most(0.05, 200)


def test_a_real_change_is_found_in_such_a_table():
    world = replace(WORLDS["all of them"], n=128, replicates=4, skewed=False, correlation=0.4)
    assert rate(world, 8) >= 0.7
