"""Genotypes of the DARTS space as values and in their published notation (arXiv:1806.09055)."""

from dataclasses import dataclass

from imbnas.errors import suggest
from imbnas.spaces.scanner import Scanner

NUM_INPUTS = 2
NUM_NODES = 4
OPERATIONS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
# Only the known genotypes of NASNet and AmoebaNet use these; the space proper does not.
FURTHER_OPERATIONS = ("sep_conv_7x7", "conv_7x1_1x7")
KINDS = ("normal", "reduce")
_MAX_NODES = 16

Edge = tuple[str, int]
Node = tuple[Edge, Edge]


@dataclass(frozen=True)
class CellGenotype:
    """A cell: each node is the sum of two operations on earlier nodes.

    Attributes:
        nodes: nodes 2, 3, … in order; an edge is (operation, earlier node), where nodes 0 and 1
            are the outputs of the cells before.
        concat: nodes whose concatenation is the output, increasing.
    """

    nodes: tuple[Node, ...]
    concat: tuple[int, ...]

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges of all nodes, two a node."""
        return tuple(edge for node in self.nodes for edge in node)


@dataclass(frozen=True)
class Genotype:
    """A normal and a reduction cell."""

    normal: CellGenotype
    reduce: CellGenotype

    def __str__(self) -> str:
        return (
            f"Genotype(normal={list(self.normal.edges)}, normal_concat={list(self.normal.concat)}, "
            f"reduce={list(self.reduce.edges)}, reduce_concat={list(self.reduce.concat)})"
        )


class _Reader(Scanner):
    """A scanner for which spaces and line breaks between tokens mean nothing."""

    def token(self, wanted: str) -> None:
        self.blank()
        self.literal(wanted)

    def accepts(self, wanted: str) -> bool:
        self.blank()
        return self.accept(wanted)

    def blank(self) -> None:
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def number(self, kind: str, allowed: range) -> int:
        self.blank()
        return self.integer(kind, allowed)


def parse(text: str) -> Genotype:
    """Read ``Genotype(normal=[('sep_conv_3x3', 1), …], normal_concat=[2, …], reduce=…)``.

    Blanks between tokens, ``range(2, 6)``, either quote and the names in ``KNOWN`` are accepted.

    Raises:
        InputError: points at the character that is wrong.
    """
    name = text.strip()
    if name in KNOWN:
        return KNOWN[name]
    reader = _Reader("darts", text)
    if not reader.accept("Genotype("):
        names = ", ".join(KNOWN)
        near = suggest(name, KNOWN) if name.isidentifier() else ""
        reader.fail(f"expected 'Genotype(' or one of {names}{near}")
    cells = {}
    for kind in KINDS:
        reader.token(f"{kind}=")
        nodes = _nodes(reader)
        reader.token(",")
        reader.token(f"{kind}_concat=")
        cells[kind] = CellGenotype(nodes, _concat(reader, len(nodes)))
        if kind == "normal":
            reader.token(",")
    reader.accepts(",")
    reader.token(")")
    reader.end()
    return Genotype(cells["normal"], cells["reduce"])


def _nodes(reader: _Reader) -> tuple[Node, ...]:
    reader.token("[")
    nodes: list[Node] = []
    while not reader.accepts("]"):
        if len(nodes) == _MAX_NODES:
            reader.fail(f"expected ']' after at most {_MAX_NODES} nodes")
        first = _edge(reader, len(nodes))
        reader.token(",")
        nodes.append((first, _edge(reader, len(nodes))))
        if not reader.accepts(","):
            reader.token("]")
            break
    if not nodes:
        reader.fail("expected at least one node before ']'", reader.position - 1)
    return tuple(nodes)


def _edge(reader: _Reader, node: int) -> Edge:
    reader.token("(")
    reader.blank()
    quote = '"' if reader.text.startswith('"', reader.position) else "'"
    reader.literal(quote)
    operation = reader.choice("operation", OPERATIONS + FURTHER_OPERATIONS)
    reader.literal(quote)
    reader.token(",")
    source = reader.number("predecessor", range(node + NUM_INPUTS))
    reader.token(")")
    return operation, source


def _concat(reader: _Reader, num_nodes: int) -> tuple[int, ...]:
    allowed = range(NUM_INPUTS, NUM_INPUTS + num_nodes)
    if reader.accepts("range("):
        start = reader.number("node", allowed)
        reader.token(",")
        stop = reader.number("one past the last node", range(start + 1, allowed.stop + 1))
        reader.token(")")
        return tuple(range(start, stop))
    reader.token("[")
    found = [reader.number("node", allowed)]
    while reader.accepts(","):
        found.append(reader.number("node", range(found[-1] + 1, allowed.stop)))
    reader.token("]")
    return tuple(found)


def _cell(text: str, *concat: int) -> CellGenotype:
    short = {
        "max": "max_pool_3x3",
        "avg": "avg_pool_3x3",
        "skip": "skip_connect",
        "sep3": "sep_conv_3x3",
        "sep5": "sep_conv_5x5",
        "sep7": "sep_conv_7x7",
        "dil3": "dil_conv_3x3",
        "dil5": "dil_conv_5x5",
        "conv7": "conv_7x1_1x7",
    }
    words = [word.split("@") for word in text.split()]
    edges = [(short[operation], int(source)) for operation, source in words]
    return CellGenotype(tuple(zip(edges[::2], edges[1::2], strict=True)), concat)


KNOWN = {
    # arXiv:1806.09055, first and second order
    "DARTS_V1": Genotype(
        _cell("sep3@1 sep3@0 skip@0 sep3@1 skip@0 sep3@1 sep3@0 skip@2", 2, 3, 4, 5),
        _cell("max@0 max@1 skip@2 max@0 max@0 skip@2 skip@2 avg@0", 2, 3, 4, 5),
    ),
    "DARTS_V2": Genotype(
        _cell("sep3@0 sep3@1 sep3@0 sep3@1 sep3@1 skip@0 skip@0 dil3@2", 2, 3, 4, 5),
        _cell("max@0 max@1 skip@2 max@1 max@0 skip@2 skip@2 max@1", 2, 3, 4, 5),
    ),
    # arXiv:1707.07012, as written down by the authors of DARTS
    "NASNet": Genotype(
        _cell("sep5@1 sep3@0 sep5@0 sep3@0 avg@1 skip@0 avg@0 avg@0 sep3@1 skip@1", 2, 3, 4, 5, 6),
        _cell("sep5@1 sep7@0 max@1 sep7@0 avg@1 sep5@0 skip@3 avg@2 sep3@2 max@1", 4, 5, 6),
    ),
    # arXiv:1802.01548, as written down by the authors of DARTS
    "AmoebaNet": Genotype(
        _cell("avg@0 max@1 sep3@0 sep5@2 sep3@0 avg@3 sep3@1 skip@1 skip@0 avg@1", 4, 5, 6),
        _cell("avg@0 sep3@1 max@0 sep7@2 sep7@0 avg@1 max@0 max@1 conv7@0 sep3@5", 3, 4, 6),
    ),
    # arXiv:1904.12760
    "P-DARTS": Genotype(
        _cell("skip@0 dil3@1 skip@0 sep3@1 sep3@1 sep3@3 sep3@0 dil5@4", 2, 3, 4, 5),
        _cell("avg@0 sep5@1 sep3@0 dil5@2 max@0 dil3@1 dil3@1 dil5@3", 2, 3, 4, 5),
    ),
}
