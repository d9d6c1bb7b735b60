"""When two cells of NAS-Bench-201 are the same: as papers count, and as functions.

Counts over all 15,625 cells: 6,466 unique structures, 4,930 functional classes, of which one,
``CONSTANT``, holds the 341 cells whose output cannot depend on their input. Every function takes
the ``operations`` of a cell: six names in target-major edge order.
"""

from collections.abc import Sequence

from imbnas.spaces.nats.cell_string import EDGES, KERNELS, NUM_NODES

CONSTANT = "constant"
_OUTPUT = NUM_NODES - 1


def unique_id(operations: Sequence[str]) -> str:
    """Id under which papers count 6,466 structures (arXiv:2001.00326, appendix).

    Skips are replaced by what they copy, ``none`` and skips of zero by ``#``, and the terms of
    each node are sorted. Zeros stay in sums and nested sums are not flattened, which is why
    some equal functions keep different ids; ``functional_id`` merges those too.
    """
    nodes = ["0"]
    for target in range(1, NUM_NODES):
        terms = []
        for (source, end), operation in zip(EDGES, operations, strict=True):
            if end == target:
                terms.append(_published_term(nodes[source], operation))
        nodes.append("+".join(sorted(terms)))
    return nodes[_OUTPUT]


def _published_term(source: str, operation: str) -> str:
    if operation == "none" or source == "#":
        return "#"
    if operation == "skip_connect":
        return source
    return f"({source})@{operation}"


def edge_terms(operations: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Terms that each edge adds to its target, as expressions of the cell's input ``x``.

    An edge that adds nothing that depends on the input has no terms; a skip hands on all terms of
    its source; any other operation has one term, itself applied to the sum of its source.

    Returns:
        For each edge its terms.
    """
    nodes: list[list[str]] = [["x"], [], [], []]
    found = []
    for (source, target), operation in zip(EDGES, operations, strict=True):
        if operation == "none" or not nodes[source]:
            terms: tuple[str, ...] = ()
        elif operation == "skip_connect":
            terms = tuple(nodes[source])
        else:
            terms = (f"{operation}({'+'.join(sorted(nodes[source]))})",)
        nodes[target].extend(terms)
        found.append(terms)
    return tuple(found)


def functional_id(operations: Sequence[str]) -> str:
    """Id of the function as a graph: 4,930 classes.

    Zeros are dropped and sums are flattened through skips, so the id is the sorted multiset of
    the output's terms. Cells of equal ids give equal outputs when operations of equal terms have
    equal weights and no convolution reads a node without input (such a convolution adds the shift
    of its normalisation, a constant that this id leaves out).

    Returns:
        The sum of terms, or ``CONSTANT`` for a dead cell.
    """
    terms: list[str] = []
    for (_, target), found in zip(EDGES, edge_terms(operations), strict=True):
        if target == _OUTPUT:
            terms.extend(found)
    return "+".join(sorted(terms)) or CONSTANT


def computed_edges(operations: Sequence[str]) -> tuple[bool, ...]:
    """Which edges a forward pass must compute; leaving out the others changes no output bit.

    Left out are ``none``, skips and pools of a node that is exactly zero, and edges into a node
    from which nothing reaches the output. A convolution of a zero node is computed: its
    normalisation adds a shift.
    """
    nonzero = [True] + [False] * _OUTPUT
    adds = []
    for (source, target), operation in zip(EDGES, operations, strict=True):
        added = operation in KERNELS or (operation != "none" and nonzero[source])
        nonzero[target] |= added
        adds.append(added)
    reaches = [False] * _OUTPUT + [True]
    for (source, target), added in reversed(list(zip(EDGES, adds, strict=True))):
        reaches[source] |= added and reaches[target]
    return tuple(added and reaches[target] for (_, target), added in zip(EDGES, adds, strict=True))
