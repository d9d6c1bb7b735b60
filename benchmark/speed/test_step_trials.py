"""Whole training steps of stacks, computed in other ways: what pays and what does not.

Processor seconds over some cells of the topology space, turn by turn with the engine's own way, on
images that show nothing. Ratios below 1 pay. ``step_trials.py`` has the shapes and the ways.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import step_variants as v
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from ratios import Report
from step_trials import CELLS, SEED, SHAPES, STACK, STACKS, WAYS, Steps, make, seconds
from torch import Tensor

from imbnas.execution.malloc import keep_freed_memory
from imbnas.spaces import get_space

pytestmark = pytest.mark.slow


def totals(
    benchmark: BenchmarkFixture, made: Callable[[str], Mapping[str, Callable[[], object]]]
) -> dict[str, float]:
    """Processor seconds of each way, all cells together."""
    torch.set_num_threads(1)
    keep_freed_memory()
    cells = get_space("nats-tss").sample(CELLS, SEED)
    found = benchmark.pedantic(
        lambda: [seconds(made(cell)) for cell in cells], rounds=1, iterations=1
    )
    return {name: sum(each[name] for each in found) for name in found[0]}


@pytest.mark.parametrize("shape", SHAPES)
def test_stacks(benchmark: BenchmarkFixture, report: Report, shape: str) -> None:
    def made(cell: str) -> dict[str, Steps]:
        return {str(stack): make(cell, SHAPES[shape], stack) for stack in STACKS}

    found = {stack: spent / int(stack) for stack, spent in totals(benchmark, made).items()}
    for stack, spent in found.items():
        report(f"{shape}: a network in a stack of {stack}: of {STACK}", spent / found[str(STACK)],
               key=f"stack_{stack}")  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_batches(benchmark: BenchmarkFixture, report: Report, shape: str) -> None:
    usual = SHAPES[shape].batch
    batches = (usual // 4, usual // 2, usual, 2 * usual)

    def made(cell: str) -> dict[str, Steps]:
        return {str(n): make(cell, replace(SHAPES[shape], batch=n), STACK) for n in batches}

    found = {batch: spent / int(batch) for batch, spent in totals(benchmark, made).items()}
    for batch, spent in found.items():
        report(f"{shape}: an image in a batch of {batch}: of {usual}", spent / found[str(usual)],
               key=f"batch_{batch}")  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", [way for way in WAYS if WAYS[way][0] == "float32"])
def test_ways_compute_the_same(shape: str, way: str) -> None:
    """Outputs and gradients, in double precision: rounding turns a ReLU now and then."""
    few = replace(SHAPES[shape], batch=4)
    for cell in get_space("nats-tss").sample(CELLS, SEED):
        plain, changed = (doubled(make(cell, few, 2, way=w)) for w in (None, WAYS[way][1]))
        torch.testing.assert_close(changed[0], plain[0])
        for one, other in zip(changed[1], plain[1], strict=True):
            torch.testing.assert_close(one, other)


def doubled(steps: Steps) -> tuple[Tensor, list[Tensor | None]]:
    """Logits, and the gradient of each parameter, in double precision."""
    network = steps.network.double()
    logits: Tensor = network(steps.images.double())
    logits.square().sum().backward()  # type: ignore[no-untyped-call]
    return logits.detach(), [parameter.grad for parameter in network.parameters()]


@pytest.mark.parametrize("shape", SHAPES)
def test_ways(benchmark: BenchmarkFixture, report: Report, shape: str) -> None:
    def made(cell: str) -> dict[str, Steps]:
        ways = {"": make(cell, SHAPES[shape], STACK)}
        for name, (precision, change) in WAYS.items():
            ways[name] = make(cell, SHAPES[shape], STACK, precision, change)
        return ways

    found = totals(benchmark, made)
    for name in WAYS:
        report(f"{shape}: {name}: as it is", found[name] / found[""], key=name)


def test_compiled_operations(benchmark: BenchmarkFixture, report: Report) -> None:
    """Minutes, nearly all of them for compiling."""
    shape = SHAPES["8x8, width 16, patches"]

    def made(cell: str) -> dict[str, Steps]:
        compiled = make(cell, shape, STACK, "float32", v.compiled_operations)
        return {"": make(cell, shape, STACK), "compiled": compiled}

    found = totals(benchmark, made)
    report("8x8, width 16, patches: compiled operations: as it is", found["compiled"] / found[""])
