"""When two cells of NAS-Bench-201 train alike, not only look alike as graphs.

``cell_identity.functional_id`` leaves out two things that training sees: the trained constant that
a convolution of zeros adds (see ``cell_identity.leaks``), and whether two equal terms come from one
operation, with one set of weights, or from two. With both, the 15,284 live cells have 5,476
training identities, against 4,929 live functional classes. Cells of equal training identity train
to the same network from the same weights; some cells of different identity do so too, since no
algebra of pools is applied.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imbnas.spaces.nats.cell_string import EDGES, KERNELS, NUM_NODES
from imbnas.spaces.nats.identity import computed_edges

_INPUT = -1  # index that stands for the cell's input where others are indices of values


@dataclass(frozen=True)
class _Value:
    """Output of one operation.

    Attributes:
        edge: index of the operation's edge.
        label: name of the operation, or ``shift`` for a convolution of zeros.
        inputs: sorted indices of the values, or of the cell's input, that it is applied to.
    """

    edge: int
    label: str
    inputs: tuple[int, ...]


def training_id(operations: Sequence[str]) -> str:
    """Id of the cell as a graph of operations that keep their own weights.

    Args:
        operations: six names in target-major edge order.
    """
    return training_form(operations)[0]


def training_form(operations: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    """Id, and the edges whose operations it names, in its order.

    In two cells of equal ids, edges at equal positions of the second part correspond.

    Args:
        operations: six names in target-major edge order.
    """
    values, output = _values(operations)
    return min(
        (_encode(values, output, order), tuple(values[index].edge for index in order))
        for order in _orders(values)
    )


def _values(operations: Sequence[str]) -> tuple[list[_Value], tuple[int, ...]]:
    nodes: list[list[int]] = [[_INPUT]] + [[] for _ in range(NUM_NODES - 1)]
    values: list[_Value] = []
    steps = zip(EDGES, operations, computed_edges(operations), strict=True)
    for edge, ((source, target), operation, computed) in enumerate(steps):
        if not computed:
            continue
        inputs = tuple(sorted(nodes[source]))
        if operation == "skip_connect":
            nodes[target].extend(inputs)
            continue
        # Pools have no weights: two of the same input are one value. A shift has no kernel.
        label = operation if inputs else "shift"
        held = [
            index
            for index, value in enumerate(values)
            if operation not in KERNELS and (value.label, value.inputs) == (label, inputs)
        ]
        if not held:
            values.append(_Value(edge, label, inputs))
            held = [len(values) - 1]
        nodes[target].append(held[0])
    return values, tuple(nodes[-1])


def _orders(values: Sequence[_Value]) -> Iterator[tuple[int, ...]]:
    """All orders of the values by their expressions; values of equal expressions permute."""
    expressions: list[str] = []
    for value in values:
        inputs = sorted("x" if index == _INPUT else expressions[index] for index in value.inputs)
        expressions.append(f"{value.label}({'+'.join(inputs)})")
    by_expression = sorted(range(len(values)), key=expressions.__getitem__)
    groups = [
        list(group) for _, group in itertools.groupby(by_expression, key=expressions.__getitem__)
    ]
    for arranged in itertools.product(*map(itertools.permutations, groups)):
        yield tuple(itertools.chain.from_iterable(arranged))


def _encode(values: Sequence[_Value], output: Sequence[int], order: Sequence[int]) -> str:
    names = {index: str(position) for position, index in enumerate(order)} | {_INPUT: "x"}

    def sum_of(indices: Sequence[int]) -> str:
        return "+".join(sorted(names[index] for index in indices))

    steps = [f"{values[index].label}({sum_of(values[index].inputs)})" for index in order]
    return ";".join([*steps, sum_of(output)])
