"""Do intervals of what supernets rank hold, with everything that a suite may meet?

Supernet s and stand-alone training s have the same number and see the same subset of images; some
architectures are spellings of one function; each supernet is as good as its training made it.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from imbnas.stats import compare_taus, predictive_tau, predictive_tau_change

from .chance import least


@dataclass(frozen=True)
class World:
    """Standard deviations are in those of the true accuracies.

    Attributes:
        n: distinct architectures.
        supernets: replicates of the supernet.
        replicates: of each stand-alone training.
        noise: of a single stand-alone training.
        subset: architecture × subset of training images, of accuracies and, in part, of scores.
        twins: how many architectures occur three times, as spellings of one function.
        skill: mean correlation of scores with the truth, of each strategy.
        spread: standard deviation of that correlation over supernets.
        common: share of the scores' error that all supernets of all strategies have in common.
    """

    n: int = 48
    supernets: int = 6
    replicates: int = 6
    noise: float = 0.5
    subset: float = 0.0
    twins: int = 0
    skill: tuple[float, ...] = (0.4,)
    spread: float = 0.2
    common: float = 0.3


WORLDS = {
    "plain": World(),
    "shared subsets": World(subset=0.5),
    "twins": World(twins=16),
    "noisy accuracies": World(noise=1.0),
    "all of them": World(subset=0.5, twins=16, noise=0.8),
}


@dataclass(frozen=True)
class Measured:
    """One draw of everything.

    Attributes:
        scores: strategy → (A, S).
        accuracies: (A, R).
        again: (A, R), of another training whose true ranking is the same.
        classes: (A,) equal numbers for twins.
        numbers: of the columns of scores and of accuracies, where they share images.
    """

    scores: dict[str, np.ndarray]
    accuracies: np.ndarray
    again: np.ndarray
    classes: np.ndarray
    numbers: tuple[range, range] | None


def skills(rng, world, mean, size):
    return np.clip(rng.normal(mean, world.spread, size=size), -0.95, 0.95)


def measured(rng, world):
    truth, bias = rng.normal(size=(2, world.n))
    effect = world.subset * rng.normal(size=(world.n, max(world.replicates, world.supernets)))
    members = np.r_[np.arange(world.n), np.repeat(np.arange(world.twins), 2)]
    scores = {}
    for place, mean in enumerate(world.skill):
        rho = skills(rng, world, mean, world.supernets)
        error = np.sqrt(1 - world.common) * rng.normal(size=(len(members), world.supernets))
        error += np.sqrt(world.common) * bias[members, None]
        known = (truth[:, None] + effect[:, : world.supernets])[members]
        scores[f"s{place}"] = rho * known + np.sqrt(1 - rho**2) * error
    true = (truth[:, None] + effect[:, : world.replicates])[members]
    sides = [true + world.noise * rng.normal(size=true.shape) for _ in range(2)]
    numbers = (range(world.supernets), range(world.replicates)) if world.subset else None
    return Measured(scores, *sides, members, numbers)


def corrected_truth(world):
    """Mean over supernets of the tau to accuracies without noise (Greiner 1909)."""
    rho = skills(np.random.default_rng(0), world, world.skill[0], 200_000)
    unit = np.sqrt(1 + rho**2 * world.subset**2)
    return float((2 / np.pi * np.arcsin(rho / unit)).mean())


def coverage(world, draws):
    """Shares of intervals that hold the mean tau, and the true tau without noise."""
    rng = np.random.default_rng(6)
    found = []
    for _ in range(draws):
        drawn = measured(rng, world)
        found.append(
            predictive_tau(
                drawn.scores["s0"],
                drawn.accuracies,
                classes=drawn.classes,
                replicates=drawn.numbers,
                sources="both",
                resamples=199,
            )
        )
    tau, true = np.mean([f.tau_b for f in found]), corrected_truth(world)
    raw = np.mean([f.ci_low <= tau <= f.ci_high for f in found])
    return raw, np.mean([f.tau_corrected_low <= true <= f.tau_corrected_high for f in found])


@pytest.mark.parametrize("name", ["plain", "all of them"])
def test_intervals_of_a_tau_hold(name):
    assert min(coverage(WORLDS[name], 60)) >= least(0.95, 60)


@pytest.mark.slow
@pytest.mark.parametrize("supernets", [3, 6, 12])
@pytest.mark.parametrize("name", list(WORLDS))
def test_intervals_of_a_tau_in_full(name, supernets):
    world = replace(WORLDS[name], supernets=supernets)
    raw, corrected = coverage(world, 400)
    print(f"{name}, {supernets} supernets: {raw:.3f}, corrected {corrected:.3f}")  # noqa: T201
    assert min(raw, corrected) >= least(0.93, 400)


TWO = (0.4, 0.4)


def change_coverage(world, draws):
    """Shares of intervals of a difference that hold 0: other supernets, other trainings."""
    rng = np.random.default_rng(6)
    hits = []
    for _ in range(draws):
        drawn = measured(rng, replace(world, skill=TWO))
        found = predictive_tau_change(
            (drawn.scores["s0"], drawn.accuracies),
            (drawn.scores["s1"], drawn.again),
            classes=drawn.classes,
            replicates=None if drawn.numbers is None else (drawn.numbers, drawn.numbers),
            sources="both",
            resamples=199,
        )
        low, high = found.difference_low, found.difference_high
        hits.append((low <= 0 <= high, found.corrected_low <= 0 <= found.corrected_high))
    return np.mean(hits, axis=0)


def test_intervals_of_a_change_hold():
    assert min(change_coverage(WORLDS["all of them"], 40)) >= least(0.95, 40)


@pytest.mark.slow
@pytest.mark.parametrize("supernets", [3, 6, 12])
@pytest.mark.parametrize("name", list(WORLDS))
def test_intervals_of_a_change_in_full(name, supernets):
    raw, corrected = change_coverage(replace(WORLDS[name], supernets=supernets), 300)
    print(f"change, {name}, {supernets} supernets: {raw:.3f}, corrected {corrected:.3f}")  # noqa: T201
    assert min(raw, corrected) >= least(0.93, 300)


STRATEGIES = (0.2, 0.4, 0.4, 0.4, 0.7)
BEST = (5, 2, 2, 2, 1)
WORST = (5, 4, 4, 4, 1)


def strategies_compared(world, draws):
    """How often all true ranks lie in their ranges; how often the first difference is covered."""
    rng = np.random.default_rng(6)
    ranks, differences = [], []
    for _ in range(draws):
        drawn = measured(rng, replace(world, skill=STRATEGIES))
        numbers = drawn.numbers and (
            dict.fromkeys(drawn.scores, drawn.numbers[0]),
            drawn.numbers[1],
        )
        found = compare_taus(
            drawn.scores, drawn.accuracies, ("s4",), replicates=numbers, classes=drawn.classes,
            resamples=199,
        )  # fmt: skip
        ranks.append(
            all(
                rank.low <= best and worst <= rank.high
                for rank, best, worst in zip(found.ranks, BEST, WORST, strict=True)
            )
        )
        differences.append(found.differences[0])
    mean = np.mean([d.mean for d in differences])
    return np.mean(ranks), np.mean([d.low <= mean <= d.high for d in differences])


def test_ranges_of_strategies_hold():
    assert min(strategies_compared(WORLDS["all of them"], 25)) >= least(0.95, 25)


@pytest.mark.slow
@pytest.mark.parametrize("supernets", [3, 6, 12])
@pytest.mark.parametrize("name", list(WORLDS))
def test_ranges_of_strategies_in_full(name, supernets):
    ranks, covered = strategies_compared(replace(WORLDS[name], supernets=supernets), 200)
    print(f"ranks, {name}, {supernets} supernets: {ranks:.3f}, differences {covered:.3f}")  # noqa: T201
    assert ranks >= least(0.95, 200)
    assert covered >= least(0.93, 200)
