"""Tables that anybody may have written: read as they stand, or refused by what is wrong."""

import csv
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.leaderboards.csv_files import check_column, numbers, read_table

HEADER = ["arch", "a1", "a2", "b1"]
ROWS = [["x", "1", "20", "300"], ["y", "2", "10", "200"], ["z", "3", "30", "100"]]


def written(lines, separator=",", end="\n", **options):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end, **options).writerows(lines)
    return text.getvalue()


PLAIN = written([HEADER, *ROWS])


def read(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path)


def refusal(tmp_path, text):
    with pytest.raises(InputError) as refused:
        read(tmp_path, text)
    message = str(refused.value)
    assert "\n" not in message
    assert len(message) < len(str(tmp_path)) + 400
    return message.removeprefix(f"{tmp_path / 't.csv'}: ")


def column(tmp_path, cells, separator=";"):
    path = tmp_path / "t.csv"
    path.write_text(written([["n", "v"], *([i, cell] for i, cell in enumerate(cells))], separator))
    return numbers(path, read_table(path), "v").tolist()


DIALECTS = {
    "commas": PLAIN,
    "a comma at each line's end": PLAIN.replace("\n", ",\n"),
    "a comma at each line's end but the first": PLAIN.replace("\n", ",\n").replace(",\n", "\n", 1),
    "three commas at each line's end": PLAIN.replace("\n", ",,,\n"),
    "a comma at some lines' ends": PLAIN.replace("200\n", "200,\n"),
    "a comma at the end of the first line alone": PLAIN.replace("b1\n", "b1,\n"),
    "semicolons": written([HEADER, *ROWS], ";"),
    "semicolons at each line's end": written([HEADER, *ROWS], ";").replace("\n", ";\n"),
    "tabs": written([HEADER, *ROWS], "\t"),
    "tabs at each line's end": written([HEADER, *ROWS], "\t").replace("\n", "\t\n"),
    "a line that tells the separator": "sep=;\n" + written([HEADER, *ROWS], ";"),
    "a mark of the byte order": "\ufeff" + PLAIN,
    "ends of lines of Windows": PLAIN.replace("\n", "\r\n"),
    "ends of lines of old": PLAIN.replace("\n", "\r"),
    "no end of the last line": PLAIN.rstrip(),
    "empty lines": "\n\n" + PLAIN.replace("\n", "\n  \n\n"),
    "blanks": PLAIN.replace(",", " ,  ").replace("\n", " \n "),
    "quotes": written([HEADER, *ROWS], quoting=csv.QUOTE_ALL),
    "quotes and semicolons": written([HEADER, *ROWS], ";", quoting=csv.QUOTE_ALL),
}


@pytest.mark.parametrize("text", DIALECTS.values(), ids=DIALECTS)
def test_one_table_is_read_however_it_is_written(text, tmp_path):
    frame = read(tmp_path, text)
    assert frame.columns.tolist() == HEADER
    assert frame.to_numpy().tolist() == ROWS


@pytest.mark.parametrize("text", DIALECTS.values(), ids=DIALECTS)
def test_standard_input_is_a_file_like_others(text, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert read_table(Path("-")).to_numpy().tolist() == ROWS


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("arch;a,x;b\nn;0,5;2\nm;1,5;3\n", ["arch", "a,x", "b"]),
        ("arch,a;x,b\nn,0;5,2\n", ["arch", "a;x", "b"]),
        ("a\tb,c\n1\t2,3\n", ["a\tb", "c"]),
        ("a;b\n0,5;0,25\n", ["a", "b"]),
        ('a;"b,c"\n1;2\n', ["a", "b,c"]),
    ],
)
def test_of_several_separators_that_one_counts_which_makes_most_columns(text, names, tmp_path):
    """The first of commas, semicolons and tabs where two make as many; lines must agree."""
    assert read(tmp_path, text).columns.tolist() == names


def test_standard_input_that_is_closed_or_no_table_is_named(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input: it is closed"):
        read_table(Path("-"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(InputError, match="standard input: not a CSV table"):
        read_table(Path("-"))


CELLS = st.text("aé0,;\t\" \n'#=", max_size=4)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), max_size=5)
    ),
    st.sampled_from(",;\t"),
    st.integers(0, 2),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_cells_hold_comes_back(tmp_path_factory, rows, separator, surplus, end):
    """Names tell the separator; cells may hold all of them, quotes and ends of lines."""
    width = len(rows[0]) if rows else 2
    header = [f"c{place}" for place in range(width)]
    given_rows = [row for row in rows if any(cell.strip() for cell in row)]
    lines = [[*line, *[""] * surplus] for line in (header, *given_rows)]
    text = written(lines, separator, end, quoting=csv.QUOTE_ALL)
    frame = read(tmp_path_factory.mktemp("cells"), text)
    assert frame.columns.tolist() == header
    assert frame.to_numpy().tolist() == [
        [cell.replace("\r\n", "\n").strip() for cell in row] for row in given_rows
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\nx,1,2\n", "separated by commas, line 2 has 3 cells and the first line names 2 col"),
        ("a,b\n1,2\nx,1,2\n", "line 3 has 3 cells"),
        ("a,b,c\n1,2,3\n1,2\n", "line 3 has 2 cells and the first line names 3 column"),
        ("a;b;c\n1;2;3\n\n1;2\n", "separated by semicolons, line 4 has 2 cells"),
        ("a,b\n0,93,0,95\n0,91,0,94\n", "line 2 has 4 cells.*as where commas are decimal signs"),
        ("# made by x\na,b\n1,2\n", "line 2 has 2 cells and the first line names 1 column"),
        ("a\n1\n2,3\n", "line 3 has 2 cells"),
        ('a,b\n1,"2\n3,4\n', "line 2: unexpected end of data"),
        ('a,b\n1,"2"x\n', "line 2: "),
        ("", "no line of it names columns"),
        ("\n \n", "no line of it names columns"),
        (",,,\n1,2,3,4\n", "no line of it names columns"),
        ('{"a": [1, 2]}', "it is JSON"),
        ('[{"a": 1,\n"b": 2}]', "it is JSON"),
        ('{"a": 1}\n{"a": 2}\n', "it is JSON"),
        ("<html><table></table></html>", "it is HTML or XML"),
        (b"PK\x03\x04....", "it is a zip archive or an Excel file"),
        (b"\x1f\x8b\x08....", "it is compressed.*; unpack it"),
        (b"PAR1\x15...", "it is a Parquet file"),
        ("a,b\n1,2\n".encode("utf-16"), "it is UTF-16 text.*save it as UTF-8"),
        ("a,b\nä,2\n".encode("latin-1"), "line 2 is not UTF-8 text.*save it as UTF-8"),
    ],
)
def test_what_is_no_table_is_told_by_its_fault(text, told, tmp_path):
    import re

    assert re.search(f"not a CSV table .*{told}", refusal(tmp_path, text))


@pytest.mark.parametrize("header", ["x,x,y", "x, x ,y", '"x",y,x'])
def test_names_are_given_once(header, tmp_path):
    assert "two columns are called 'x'; rename one" in refusal(tmp_path, f"{header}\n1,2,3\n")


def test_a_column_without_a_name_is_not_taken_for_another(tmp_path):
    frame = read(tmp_path, ",a,,b\n0,1,2,3\n1,4,5,6\n")
    assert frame.columns.tolist() == ["Unnamed: 0", "a", "Unnamed: 2", "b"]
    assert frame["a"].tolist() == ["1", "4"]


@pytest.mark.parametrize("header", ["a,b,", "a,b,,"])
def test_cells_behind_the_last_name_shift_no_column(header, tmp_path):
    told = refusal(tmp_path, f"{header}\n0,1,2\n1,3,4\n")
    assert "line 2 has 3 cells and the first line names 2 column(s)" in told


def test_points_between_thousands_beside_decimal_commas_are_not_guessed(tmp_path):
    path = tmp_path / "t.csv"
    frame = read(tmp_path, "a;b;c\n1.082;1,5;0.125\n999;2,5;0.5\n")
    with pytest.raises(InputError, match="column 'a': other columns have decimal commas"):
        numbers(path, frame, "a")
    assert numbers(path, frame, "b").tolist() == [1.5, 2.5]
    assert numbers(path, frame, "c").tolist() == [0.125, 0.5]
    frame = read(tmp_path, "a;b\n93.125;1.5\n91.250;2.5\n")
    assert numbers(path, frame, "a").tolist() == [93.125, 91.25]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(encoding, tmp_path):
    (tmp_path / "t.csv").write_bytes("a,b\n1,2\n".encode(encoding))
    with pytest.raises(InputError, match="as UTF-16 text and binary files do"):
        read_table(tmp_path / "t.csv")


def test_a_header_alone_is_a_table_of_nothing(tmp_path):
    frame = read(tmp_path, "a,b\n")
    assert frame.columns.tolist() == ["a", "b"]
    assert len(frame) == 0
    assert numbers(tmp_path / "t.csv", frame, "a").tolist() == []


@pytest.mark.parametrize("cell", ["NA", "None", "null", "n/a", "nan", "1.0", "01", "True", "-", ""])
def test_cells_stay_the_text_that_they_are(cell, tmp_path):
    assert read(tmp_path, f"g,v\n{cell},1\nx,2\n")["g"].tolist() == [cell, "x"]


MISSING_CELLS = ["", " ", "NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "None", "#N/A", "<NA>"]


@pytest.mark.parametrize("missing", MISSING_CELLS)
def test_missing_numbers_are_missing_however_they_are_spelt(missing, tmp_path):
    found = column(tmp_path, ["1", missing, "2.5"])
    assert np.isnan(found[1])
    assert [found[0], found[2]] == [1, 2.5]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0,5", "1", "-2,25"], [0.5, 1, -2.25]),
        (["0,935", "0,941"], [0.935, 0.941]),
        (["93,512", "9,3"], [93.512, 9.3]),
        ([",5", "1,5e3"], [0.5, 1500]),
        (["93.5%", "91 %", ""], [93.5, 91, np.nan]),
        (["93,5 %", "91,25%"], [93.5, 91.25]),
        (["\N{MINUS SIGN}0.5", "+3", "1e-3", "5.", ".5"], [-0.5, 3, 1e-3, 5, 0.5]),
        (["9007199254740993", "1e15"], [9007199254740993.0, 1e15]),
    ],
)
def test_numbers_are_read_as_they_are_meant(cells, values, tmp_path):
    for separator in ",;\t":
        found = column(tmp_path, cells, separator)
        assert np.array_equal(found, values, equal_nan=True)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["1,234", "2,345"], "'1,234' is not a finite number, since its commas may be decimal s"),
        (["1,234,567"], "commas may be decimal signs or stand between thousands"),
        (["1,234.5"], "since it has a comma; write decimal points"),
        (["0,5", "0.6"], "'0,5' is not a finite number, since it has a comma"),
        (["93.1±0.4"], "'93.1±0.4' is a mean and its deviation; give each a column"),
        (["93.1 ± 0.4"], "is a mean and its deviation"),
        (["93.1 +/- 0.4"], "is a mean and its deviation"),
        (["93.1%", "0.92"], "'93.1%' has a sign % and other cells of the column have none"),
        (["inf"], "'inf' is not a finite number; leave missing values empty"),
        (["-Infinity"], "'-Infinity' is not a finite number"),
        (["1e999"], "'1e999' is not a finite number"),
        (["1_000"], "'1_000' is not a finite number"),
        (["٣"], "is not a finite number"),
        (["0x10"], "is not a finite number"),
        (["1 000"], "is not a finite number"),
        (["-"], "'-' is not a finite number; leave missing values empty"),
        (["True"], "'True' is not a finite number"),
        (["%"], "is not a finite number|has a sign %"),
        (["93.1 (0.4)"], "is not a finite number"),
        (["=1+1"], "is not a finite number"),
    ],
)
def test_what_is_no_number_is_told_by_row_column_and_cause(cells, told, tmp_path):
    for separator in ",;\t":
        with pytest.raises(InputError, match=told.replace("+", r"\+").replace("(", r"\(")) as no:
            column(tmp_path, ["", *cells], separator)
        assert f"{tmp_path / 't.csv'}: row 2 below the header, column 'v': " in str(no.value)
        assert "float64" not in str(no.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x y\n1 2\n", "no column 'x'; no comma, semicolon or tab .* one name: 'x y'"),
        ("x|y\n1|2\n", "no comma, semicolon or tab was found .* one name: 'x\\|y'"),
        ("xx,y\n1,2\n", "--x: no column 'x'; did you mean 'xx'"),
        ("a,b,c\n1,2,3\n", "no column 'x'; known: a, b, c"),
    ],
)
def test_a_column_that_is_not_there_is_told_with_those_that_are(text, told, tmp_path):
    with pytest.raises(InputError, match=told):
        check_column(tmp_path / "t.csv", read(tmp_path, text), "x", "--x")
