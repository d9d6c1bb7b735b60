"""Tables of others: joined by function, every fault in one line."""

from pathlib import Path

import pytest

from imbnas.errors import InputError
from imbnas.spaces import get_space
from imbnas.yardstick.external_table import read_external

TSS = get_space("nats-tss")
CELLS = TSS.sample(3, 5)
A = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|"
# One 1×1 convolution to the output, by way of a node or without one.
DIRECT = "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"
AROUND = "|nor_conv_1x1~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"


def written(folder: Path, *lines: str, header: str = "architecture,acc,note") -> Path:
    path = folder / "table.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def test_columns_of_numbers_are_compared_and_others_named(tmp_path: Path) -> None:
    path = written(tmp_path, f"{CELLS[0]},90.5,good", f" {CELLS[1]} ,,bad", f"{CELLS[2]},80,bad")
    table = read_external(path, TSS)
    assert (table.name, table.columns) == ("table.csv", ("acc",))
    assert {cell.architecture: cell.values for cell in table.cells} == {
        CELLS[0]: (90.5,), CELLS[1]: (None,), CELLS[2]: (80.0,),
    }  # fmt: skip
    (note,) = table.notes
    assert "not compared" in note
    assert "column 'note': 'good' is not a finite number" in note


def test_spellings_of_one_function_are_averaged_and_counted(tmp_path: Path) -> None:
    assert TSS.functional_id(DIRECT) == TSS.functional_id(AROUND)
    lines = (f"{AROUND},50", f"{DIRECT},60", f"{CELLS[0]},9")
    path = written(tmp_path, *lines, header="architecture,acc")
    table = read_external(path, TSS)
    found = {cell.functional_id: cell for cell in table.cells}
    assert found[TSS.functional_id(DIRECT)].values == (55.0,)
    assert found[TSS.functional_id(DIRECT)].architecture == min(DIRECT, AROUND)
    assert "3 architectures are 2 functions" in table.notes[0]


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    lines = [f"{cell},{number}" for number, cell in enumerate(CELLS)]
    first = read_external(written(tmp_path, *lines, header="architecture,acc"), TSS)
    again = read_external(written(tmp_path, *lines[::-1], header="architecture,acc"), TSS)
    assert first == again


@pytest.mark.parametrize(
    ("lines", "options", "said"),
    [
        ([f"{CELLS[0]},1,x"], {"key": "arch"}, "--key: no column 'arch'"),
        ([f"{CELLS[0]},1,x"], {"columns": ["ac"]}, "--column: no column 'ac'; did you mean 'acc'"),
        ([f"{CELLS[0]},1,x"], {"columns": ["note"]}, "row 1 below the header, column 'note': 'x'"),
        ([f"{CELLS[0]},1,x"], {"columns": ["acc", "acc"]}, "'acc' is named twice"),
        ([f"{CELLS[0]},1,x"], {"columns": ["architecture"]}, "holds the architectures"),
        ([f"{CELLS[0]},x,x"], {}, "no column of numbers beside 'architecture'"),
        ([f"{CELLS[0]},,"], {}, "no column of numbers beside 'architecture'"),
        ([f"{CELLS[0]},1e300,x"], {"columns": ["acc"]}, "is above 1e"),
        ([f"{CELLS[0]},1,x", f"{CELLS[1]},2,x", f"{CELLS[0]},3,x"], {}, "rows 1 and 3 below"),
        ([f"{CELLS[0]},1,x", "|conv~0|,2,x"], {}, "row 2 below the header, column 'architecture'"),
        ([f"{CELLS[0]},1,x", ",2,x"], {}, "row 2 below the header, column 'architecture'"),
        ([f"{CELLS[0]},1,x", "7,2,x"], {}, "row 2 below the header, column 'architecture'"),
        ([], {}, "no rows below the header"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_told_in_one_line(tmp_path: Path, lines, options, said) -> None:
    with pytest.raises(InputError, match=said) as refused:
        read_external(written(tmp_path, *lines), TSS, **options)
    assert "table.csv" in str(refused.value)
    assert "\n" not in str(refused.value)
