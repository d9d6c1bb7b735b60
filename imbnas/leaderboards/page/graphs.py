"""Architectures as drawings: cells as graphs, sizes as widths."""

from dataclasses import dataclass

from imbnas.errors import InputError
from imbnas.spaces.darts import genotype as darts_genotype
from imbnas.spaces.nats import cell_string, size_space

Edge = tuple[int, int, str]
SIZE_STAGES = ("stem, cells 1", "block 2", "cells 2", "block 3", "cells 3")
"""What the widths of a size architecture belong to; a block halves the resolution."""
_DARTS_TITLES = {"normal": "normal cell", "reduce": "reduction cell"}


@dataclass(frozen=True)
class Graph:
    """A cell.

    Attributes:
        title: which cell, or empty where there is one only.
        nodes: their names.
        edges: (from node, to node, operation), nodes by their place in ``nodes``.
    """

    title: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Drawing:
    """What there is to draw of an architecture.

    Attributes:
        graphs: its cells.
        widths: (what, number of channels) along the network.
    """

    graphs: tuple[Graph, ...] = ()
    widths: tuple[tuple[str, int], ...] = ()


def drawing(space: str, architecture: str) -> Drawing:
    """Cells of an architecture, or its widths; nothing for a space that has neither.

    Edges without effect on the output's value, such as ``none``, are left out.

    Args:
        space: registry name.
        architecture: its string.
    """
    try:
        match space:
            case "nats-tss":
                return Drawing(graphs=(_nats(architecture),))
            case "nats-sss":
                widths = size_space.widths(architecture)
                return Drawing(widths=tuple(zip(SIZE_STAGES, widths, strict=True)))
            case "darts":
                return Drawing(graphs=_darts(architecture))
    except InputError:
        # A table may be from a newer version of the space; it is shown without a picture.
        return Drawing()
    return Drawing()


def _nats(architecture: str) -> Graph:
    operations = cell_string.edges(architecture)
    edges = tuple(
        (source, target, operation)
        for (source, target), operation in zip(cell_string.EDGES, operations, strict=True)
        if operation != "none"
    )
    return Graph("", tuple(map(str, range(cell_string.NUM_NODES))), edges)


def _darts(architecture: str) -> tuple[Graph, ...]:
    genotype = darts_genotype.parse(architecture)
    return tuple(
        _darts_cell(_DARTS_TITLES[kind], getattr(genotype, kind)) for kind in darts_genotype.KINDS
    )


def _darts_cell(title: str, cell: darts_genotype.CellGenotype) -> Graph:
    """Inputs c(k-2) and c(k-1), inner nodes from 0 and output c(k), as the paper names them."""
    first = darts_genotype.NUM_INPUTS
    inner = tuple(
        (source, number, operation)
        for number, node in enumerate(cell.nodes, start=first)
        for operation, source in node
    )
    output = first + len(cell.nodes)
    names = ("c(k-2)", "c(k-1)", *map(str, range(len(cell.nodes))), "c(k)")
    return Graph(title, names, (*inner, *((node, output, "concat") for node in cell.concat)))
