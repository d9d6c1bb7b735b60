from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.schemes import resolve_scheme
from imbnas.spaces import get_space
from imbnas.spaces.nats.cell_string import OPERATIONS, edges
from imbnas.spaces.space import FairSpace
from imbnas.supernet.path_sampling import PathSampler, paths_per_step
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.topology import TopologySupernet
from imbnas.units.recipes import Recipe

SPACE = get_space("nats-tss")
RECIPE = Recipe(
    epochs=2, steps_per_epoch=2, batch_size=32, lr=0.05, width=4, depth=1, path_sampling="fair"
)


def every_operation_once(paths: list[str]) -> bool:
    by_edge = zip(*map(edges, paths), strict=True)
    return all(sorted(operations) == sorted(OPERATIONS) for operations in by_edge)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_fair_paths_use_every_operation_of_every_edge_once_and_live(seed: int) -> None:
    assert isinstance(SPACE, FairSpace)
    paths = SPACE.fair_paths(np.random.default_rng(seed))
    assert every_operation_once(list(paths))
    assert not any(map(SPACE.is_dead, paths))


def test_fair_paths_differ_from_step_to_step() -> None:
    sampler = PathSampler(SPACE, "fair", np.random.default_rng(0))
    steps = {tuple(sampler.draw() for _ in range(5)) for _ in range(20)}
    assert len(steps) == 20


def test_uniform_paths_are_drawn_over_unique_structures() -> None:
    sampler = PathSampler(SPACE, "uniform", np.random.default_rng(1))
    assert paths_per_step(SPACE, "uniform") == 1
    drawn = [sampler.draw() for _ in range(3000)]
    assert not any(map(SPACE.is_dead, drawn))
    # Structures with many labellings would be drawn more often over labelled cells.
    structures = {SPACE.unique_id(path) for path in drawn}
    members = {SPACE.unique_id(a) for a in SPACE.architectures() if not SPACE.is_dead(a)}
    expected = len(members) * (1 - (1 - 1 / len(members)) ** 3000)
    assert abs(len(structures) - expected) < 0.03 * expected


@pytest.mark.parametrize("space", ["nats-sss", "darts"])
def test_spaces_without_fixed_operations_refuse(space: str) -> None:
    with pytest.raises(InputError, match=f"'fair'.*{space} has none, take 'uniform'") as caught:
        PathSampler(get_space(space), "fair", np.random.default_rng(0))
    assert "\n" not in str(caught.value)


def test_a_fair_step_sums_the_gradients_of_all_its_paths_and_steps_once(
    make_trainer: Callable[[str], PathTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    trainer = make_trainer("nats-tss")
    supernet = TopologySupernet(trainer.shape)
    paths: list[str] = []
    batches: list[torch.Tensor] = []
    steps: list[list[bool]] = []
    choose, forward, step = supernet.choose, supernet.forward_features, torch.optim.SGD.step

    def noted_choice(architecture: str) -> None:
        paths.append(architecture)
        choose(architecture)

    def noted_forward(images: torch.Tensor) -> torch.Tensor:
        batches.append(images)
        return forward(images)

    def noted_step(optimizer: torch.optim.SGD, closure: None = None) -> None:
        convolutions = [
            choice[1].weight
            for cell in supernet.network.cells
            for edge in cell.edges
            for choice in list(edge)[2:4]
        ]
        steps.append([weight.grad is not None for weight in convolutions])
        step(optimizer, closure)

    monkeypatch.setattr(supernet, "choose", noted_choice)
    monkeypatch.setattr(supernet, "forward_features", noted_forward)
    monkeypatch.setattr(torch.optim.SGD, "step", noted_step)
    fit = trainer.train(supernet, resolve_scheme("ce"), RECIPE)

    assert len(steps) == 4
    assert len(paths) == 5 * 4
    for start in range(0, 20, 5):
        assert every_operation_once(paths[start : start + 5])
        assert all(torch.equal(batches[start], b) for b in batches[start : start + 5])
    # A convolution is idle only where its path does not lead to the output.
    assert np.mean(steps) > 0.7
    assert fit.trained_images == 5 * 4 * 32
    assert trainer.spending.images_seen == 5 * 4 * 32
    macs = sum(SPACE.counts(path, trainer.shape).macs for path in paths)
    assert trainer.spending.macs == 3 * 32 * macs
