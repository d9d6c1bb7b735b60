"""Draws cells of a table that a suite's own population does not have."""

from collections.abc import Collection
from dataclasses import dataclass

from imbnas.errors import InputError
from imbnas.spaces import Space
from imbnas.spaces.draw import draw
from imbnas.yardstick.external_table import ExternalCell, ExternalTable

_NAMED = 10
"""Architectures that a line names."""


@dataclass(frozen=True)
class Drawn:
    """Architectures that are trained.

    Attributes:
        architectures: in the order of the draw, so that a smaller draw of the same seed is the
            beginning of a larger one.
        notes: what was left out of the draw, one line each.
    """

    architectures: tuple[str, ...]
    notes: tuple[str, ...]


def draw_cells(
    table: ExternalTable, space: Space, count: int, seed: int, published: Collection[str]
) -> Drawn:
    """Draw functions of a table uniformly.

    Args:
        table: of others.
        space: of its architectures.
        count: how many, at least 2.
        seed: of the draw.
        published: functional ids that are not to be drawn.

    Raises:
        InputError: the table has fewer that can be drawn.
    """
    left: dict[str, list[ExternalCell]] = {"population": [], "missing": [], "dead": []}
    kept = {}
    for cell in table.cells:
        if (reason := _refused(cell, space, published)) is None:
            kept[cell.functional_id] = cell.architecture
        else:
            left[reason].append(cell)
    notes = tuple(_note(_REASONS[reason], cells) for reason, cells in left.items() if cells)
    if count > len(kept):
        raise InputError(
            f"--cells {count}: {table.name} has {len(kept)} cells to draw from"
            + "".join(f"; {note}" for note in notes)
            + f"; give at most {len(kept)}"
        )
    ids = draw(tuple(kept), count, "held-out", space.name, seed)
    return Drawn(tuple(kept[each] for each in ids), notes)


_REASONS = {
    "population": "in the population of the suite",
    "missing": "without a value in a column",
    "dead": "with an output that cannot depend on the input",
}


def _refused(cell: ExternalCell, space: Space, published: Collection[str]) -> str | None:
    if cell.functional_id in published:
        return "population"
    if None in cell.values:
        return "missing"
    return "dead" if space.is_dead(cell.architecture) else None


def _note(reason: str, cells: list[ExternalCell]) -> str:
    named = ", ".join(cell.architecture for cell in cells[:_NAMED])
    more = f" and {len(cells) - _NAMED} more" if len(cells) > _NAMED else ""
    return f"not drawn: {len(cells)} cells {reason}: {named}{more}"
