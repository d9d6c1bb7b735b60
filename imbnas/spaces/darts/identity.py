"""When two genotypes of the DARTS space are the same: as structures, and as functions."""

from collections.abc import Iterator

from imbnas.spaces.darts.genotype import NUM_INPUTS, CellGenotype, Genotype, Node


def canonical(genotype: Genotype) -> Genotype:
    """The one genotype that stands for all that differ in the order of edges and nodes."""
    return Genotype(canonical_cell(genotype.normal), canonical_cell(genotype.reduce))


def canonical_cell(cell: CellGenotype) -> CellGenotype:
    """The smallest cell that differs in the order of edges and nodes at most."""
    return min(relabelled(cell), key=lambda other: (other.nodes, other.concat))


def relabelled(cell: CellGenotype) -> set[CellGenotype]:
    """All cells that are this one with its nodes in another order, their edges sorted."""
    return {_renumber(cell, order) for order in _orders(cell)}


def _orders(cell: CellGenotype) -> Iterator[tuple[int, ...]]:
    """Orders of the nodes, as indices into ``nodes``, in which every node follows its inputs."""
    needed = [
        {source - NUM_INPUTS for _, source in node if source >= NUM_INPUTS} for node in cell.nodes
    ]

    def extend(done: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(done) == len(needed):
            yield done
        for index, inputs in enumerate(needed):
            if index not in done and inputs <= set(done):
                yield from extend((*done, index))

    return extend(())


def _renumber(cell: CellGenotype, order: tuple[int, ...]) -> CellGenotype:
    number = {index: index for index in range(NUM_INPUTS)}
    number |= {index + NUM_INPUTS: place + NUM_INPUTS for place, index in enumerate(order)}
    nodes: list[Node] = []
    for index in order:
        first, second = sorted(
            ((operation, number[source]) for operation, source in cell.nodes[index]),
            key=lambda edge: (edge[1], edge[0]),
        )
        nodes.append((first, second))
    return CellGenotype(tuple(nodes), tuple(sorted(number[node] for node in cell.concat)))


def functional_id(genotype: Genotype) -> str:
    """Id of the functions of the two cells as graphs of operations.

    A node is the sorted multiset of its terms, flattened through skips of stride 1, and a cell is
    the sorted multiset of the nodes that it concatenates, because the next cell's convolutions may
    read channels in any order. Skips of the reduction cell's inputs have stride 2 and are
    operations of their own.
    """
    cells = (_cell_id(genotype.normal, False), _cell_id(genotype.reduce, True))
    return "normal[{}];reduce[{}]".format(*cells)


def _cell_id(cell: CellGenotype, reduction: bool) -> str:
    terms = [[f"x{index}"] for index in range(NUM_INPUTS)]
    for node in cell.nodes:
        found: list[str] = []
        for operation, source in node:
            if operation == "skip_connect" and not (reduction and source < NUM_INPUTS):
                found.extend(terms[source])
            else:
                found.append(f"{operation}({'+'.join(terms[source])})")
        terms.append(sorted(found))
    return ",".join(sorted("+".join(terms[node]) for node in cell.concat))


def multiplicity(cell: CellGenotype) -> int:
    """Number of cells, their edges sorted, that have this cell's structure."""
    return len(relabelled(cell))
