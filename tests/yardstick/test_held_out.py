"""Cells that a suite's own population does not have."""

import pytest

from imbnas.errors import InputError
from imbnas.spaces import get_space
from imbnas.yardstick.external_table import ExternalCell, ExternalTable
from imbnas.yardstick.held_out import draw_cells

TSS = get_space("nats-tss")
DEAD = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"


def table_of(architectures, values=(1.0,)) -> ExternalTable:
    cells = tuple(
        ExternalCell(architecture=a, functional_id=TSS.functional_id(a), values=values)
        for a in architectures
    )
    return ExternalTable(name="t.csv", columns=("acc",), cells=cells, notes=())


def test_a_smaller_draw_is_the_beginning_of_a_larger_one_whatever_order_the_table_has() -> None:
    cells = TSS.sample(40, 3)
    large = draw_cells(table_of(cells), TSS, 24, 1, set()).architectures
    small = draw_cells(table_of(cells[::-1]), TSS, 9, 1, set()).architectures
    assert large[:9] == small
    assert len(set(large)) == 24
    assert set(large) <= set(cells)
    assert draw_cells(table_of(cells), TSS, 24, 2, set()).architectures != large


def test_a_published_population_dead_cells_and_gaps_are_left_out_counted_and_named() -> None:
    cells = TSS.sample(20, 3)
    published = {TSS.functional_id(each) for each in cells[:12]}
    gaps = table_of(cells[18:], (None,))
    whole = table_of((*cells[:18], DEAD))
    table = whole.model_copy(update={"cells": whole.cells + gaps.cells})
    drawn = draw_cells(table, TSS, 6, 1, published)
    assert set(drawn.architectures) == set(cells[12:18])
    population, missing, dead = drawn.notes
    assert "12 cells in the population of the suite" in population
    assert sum(each in population for each in cells[:12]) == 10
    assert population.endswith("and 2 more")
    assert all(each in missing for each in cells[18:])
    assert DEAD in dead
    with pytest.raises(InputError, match=r"--cells 7: t.csv has 6 cells .*give at most 6") as told:
        draw_cells(table, TSS, 7, 1, published)
    assert "\n" not in str(told.value)
