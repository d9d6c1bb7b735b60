"""The cell of NAS-Bench-201 as published string and as tuple of operations (arXiv:2001.00326).

Four nodes; every node feeds every later one. Edges stand in target-major order
0-1, 0-2, 1-2, 0-3, 1-3, 2-3, in the string as in every tuple of operations.
"""

from collections.abc import Sequence
from functools import lru_cache

from imbnas.spaces.scanner import Scanner

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
NUM_NODES = 4
KERNELS = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}


@lru_cache(maxsize=2**14)  # room for every cell: a search reads the same ones again and again
def edges(architecture: str, space: str = "nats-tss") -> tuple[str, ...]:
    """Read ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`` as its six operations.

    Args:
        architecture: the published string.
        space: registry name, for messages.

    Returns:
        Operation names in target-major edge order.

    Raises:
        InputError: points at the character that is wrong.
    """
    scanner = Scanner(space, architecture)
    found = []
    for target in range(1, NUM_NODES):
        scanner.literal("|" if target == 1 else "+|")
        for source in range(target):
            found.append(scanner.choice("operation", OPERATIONS))
            scanner.literal("~")
            scanner.integer("predecessor", (source,))
            scanner.literal("|")
    scanner.end()
    return tuple(found)


def architecture(operations: Sequence[str]) -> str:
    """Write six known operations in target-major edge order as the published string."""
    a, b, c, d, e, f = operations
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"
