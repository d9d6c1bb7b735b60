"""Reads a table and draws its cells where code of plug-ins, which may be the space, may run."""

from dataclasses import dataclass
from pathlib import Path

from imbnas.isolation.apart import ask_apart
from imbnas.isolation.channel import Channel
from imbnas.registry import Plugin, load_plugins
from imbnas.spaces import get_space
from imbnas.suites.apart import plugins_named
from imbnas.suites.drawing import drawn_population
from imbnas.suites.fidelity import PopulationRule
from imbnas.units.frozen import FrozenModel
from imbnas.yardstick.external_table import ExternalTable, read_external
from imbnas.yardstick.held_out import draw_cells


@dataclass(frozen=True)
class TableRequest:
    """What is asked of a table.

    Attributes:
        path: of the CSV file.
        space: registry name.
        key: column of architectures.
        columns: that are compared; empty for all of numbers.
        plugins: loaded first.
        cells: how many are drawn; ``None`` for none.
        seed: of the draw.
        published: populations that are not drawn from.
    """

    path: Path
    space: str
    key: str
    columns: tuple[str, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    cells: int | None = None
    seed: int = 0
    published: tuple[PopulationRule, ...] = ()


class TableAnswer(FrozenModel):
    """The table, and the architectures that were drawn from it, see ``Drawn``."""

    table: ExternalTable
    drawn: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def ask_table(request: TableRequest) -> TableAnswer:
    """Read a table and draw its cells; code of plug-ins runs in a process that ends with the call.

    Raises:
        InputError: see ``read_external`` and ``draw_cells``; or a plug-in cannot be loaded, or ends
            its process.
    """
    what = plugins_named(request.plugins)
    if not what:
        return _answer(request)
    return ask_apart(
        "imbnas.yardstick.apart:answer_with_plugins",
        request,
        what,
        TableAnswer.model_validate_json,
        "table",
    )


def answer_with_plugins(request: TableRequest, _channel: Channel) -> bytes:
    """Load a request's plug-ins and answer it; the entry point of the process."""
    load_plugins(request.plugins)
    return _answer(request).model_dump_json().encode()


def _answer(request: TableRequest) -> TableAnswer:
    space = get_space(request.space)
    table = read_external(request.path, space, request.key, request.columns)
    if request.cells is None:
        return TableAnswer(table=table)
    drawn = draw_cells(table, space, request.cells, request.seed, _published(request))
    return TableAnswer(table=table, drawn=drawn.architectures, notes=drawn.notes)


def _published(request: TableRequest) -> set[str]:
    """Functional ids of the populations that are not drawn from."""
    space = get_space(request.space)
    return {
        space.functional_id(architecture)
        for rule in request.published
        for architecture in drawn_population(request.space, rule).architectures
    }
