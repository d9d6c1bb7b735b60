"""Cells as graphs: numbered nodes, and edges with an operation."""

from imbnas.errors import InputError
from imbnas.spaces import cell_string, darts_genotype

Edge = tuple[int, int, str]


def cell_graph(space: str, architecture: str) -> list[Edge]:
    """Edges (from node, to node, operation) of an architecture's cell.

    Edges without effect on the output's value, such as ``none``, are left out; of a DARTS genotype
    this is the normal cell. Empty for a space whose architectures are not cells.

    Args:
        space: registry name.
        architecture: its string.
    """
    try:
        if space == "nats-tss":
            return _nats(architecture)
        if space == "darts":
            return _darts(architecture)
    except InputError:
        # A table may be from a newer version of the space; it is shown without a picture.
        return []
    return []


def _nats(architecture: str) -> list[Edge]:
    operations = cell_string.edges(architecture)
    return [
        (source, target, operation)
        for (source, target), operation in zip(cell_string.EDGES, operations, strict=True)
        if operation != "none"
    ]


def _darts(architecture: str) -> list[Edge]:
    cell = darts_genotype.parse(architecture).normal
    inner = [
        (source, number, operation)
        for number, node in enumerate(cell.nodes, start=darts_genotype.NUM_INPUTS)
        for operation, source in node
    ]
    output = darts_genotype.NUM_INPUTS + len(cell.nodes)
    return [*inner, *((node, output, "concat") for node in cell.concat)]
