"""A space of a plug-in reads the table in a process of its own."""

from pathlib import Path

import pytest

from imbnas.errors import ImbnasError, InputError
from imbnas.registry import Plugin
from imbnas.spaces import SPACES, get_space
from imbnas.suites.fidelity import PopulationRule
from imbnas.yardstick.apart import TableRequest, ask_table

SPACE = """
from imbnas.spaces import SPACES
from imbnas.spaces.nats.topology_space import NatsTss


@SPACES.register("shouted", version="1", summary="cells in capitals")
class Shouted(NatsTss):
    name = "shouted"

    def parse(self, text):
        {parse}
"""
CELLS = get_space("nats-tss").sample(6, 2)


def asked(folder: Path, parse: str) -> TableRequest:
    path = folder / "table.csv"
    path.write_text(
        "architecture,acc\n" + "".join(f"{c.upper()},{n}\n" for n, c in enumerate(CELLS))
    )
    plugin = Plugin(folder / "mine.py", SPACE.format(parse=parse).encode())
    own = PopulationRule(rule="listed", architectures=tuple(cell.upper() for cell in CELLS[:2]))
    return TableRequest(path, "shouted", "architecture", (), (plugin,), 3, 1, (own,))


def test_code_of_a_plugin_reads_and_draws_and_leaves_nothing_here(tmp_path: Path) -> None:
    answer = ask_table(asked(tmp_path, "return super().parse(text.lower())"))
    assert {cell.architecture for cell in answer.table.cells} == set(CELLS)
    assert len(answer.drawn) == 3
    assert set(answer.drawn) <= set(CELLS[2:])
    assert "2 cells in the population" in answer.notes[0]
    assert "shouted" not in SPACES.names()


@pytest.mark.parametrize(
    ("parse", "said"),
    [("import os; os._exit(3)", "must not end the process"), ("return 1 / 0", "ZeroDivisionError")],
)
def test_what_a_plugin_does_is_told_in_one_line(tmp_path: Path, parse: str, said: str) -> None:
    with pytest.raises(ImbnasError, match=said) as told:
        ask_table(asked(tmp_path, parse))
    assert "\n" not in str(told.value)


def test_a_fault_of_the_table_is_told_as_without_plugins(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"table.csv: row 1 below the header, column 'architec"):
        ask_table(asked(tmp_path, "return super().parse(text)"))
