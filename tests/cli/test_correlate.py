import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from imbnas.cli.correlate import command as correlate
from imbnas.errors import InputError
from imbnas.stats import holm_verdicts, rank_against_predictor, rank_transfer

FIELDS = {
    "tau_b",
    "ci_low",
    "ci_high",
    "noise_ceiling",
    "ceiling_low",
    "ceiling_high",
    "tau_corrected",
    "clipped",
    "spearman",
    "weighted_tau",
    "n",
    "verdict",
}


def run(*arguments):
    return CliRunner().invoke(correlate, [str(a) for a in arguments], catch_exceptions=False)


def ask(*arguments):
    done = run(*arguments, "--resamples", 99, "--json")
    assert done.exit_code == 0
    return json.loads(done.stdout)


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(40, 1))
    x, y = (truth + 0.5 * rng.normal(size=(40, 2)) for _ in range(2))
    return pd.DataFrame(
        {"arch": [f"a{i}" for i in range(40)], "b1": x[:, 0], "b2": x[:, 1]}
        | {"l1": y[:, 0], "l2": y[:, 1], "space": ["tss", "sss"] * 20, "macs": np.arange(40) // 3}
    )


@pytest.fixture
def table(frame, tmp_path):
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    return path


def test_json_holds_what_the_library_says(frame, table):
    printed = ask(table, "--x", "b1,b2", "--y", "l1, l2")
    assert printed.keys() >= FIELDS
    expected = rank_transfer(frame[["b1", "b2"]], frame[["l1", "l2"]], resamples=99)
    for field in FIELDS:
        assert printed[field] == getattr(expected, field)
    assert (printed["table"], printed["x"], printed["resamples"]) == ("table.csv", ["b1", "b2"], 99)


def test_missing_values_are_null_and_counted(frame, table):
    frame.loc[[2, 7], "l1"] = np.nan
    frame.to_csv(table, index=False)
    printed = ask(table, "--x", "b1", "--y", "l1")
    assert (printed["n"], printed["n_dropped"]) == (38, 2)
    assert printed["noise_ceiling"] is None
    assert printed["verdict"] is None


def test_groups_are_corrected_together(frame, table):
    frame.loc[0, "space"] = " "
    frame.to_csv(table, index=False)
    printed = ask(table, "--x", "b1,b2", "--y", "l1,l2", "--group", "space")
    assert printed["n_ungrouped"] == 1
    assert [(row["group"], row["n"]) for row in printed["groups"]] == [("sss", 20), ("tss", 19)]
    parts = [frame[frame["space"] == name] for name in ("sss", "tss")]
    rows = [rank_transfer(p[["b1", "b2"]], p[["l1", "l2"]], resamples=99) for p in parts]
    adjusted = [row.p_adjusted for row in holm_verdicts(rows)]
    assert [row["p_adjusted"] for row in printed["groups"]] == adjusted


def test_a_predictor_column(frame, table):
    printed = ask(table, "--x", "macs", "--y", "l1,l2", "--predictor")
    expected = rank_against_predictor(frame["macs"], frame[["l1", "l2"]], resamples=99)
    assert printed["noise_ceiling"] == expected.noise_ceiling
    assert printed["ties_x"] == expected.ties_x > 0


def test_text_for_people(table):
    done = run(table, "--x", "b1,b2", "--y", "l1,l2", "--group", "space", "--resamples", 99)
    assert "noise ceiling" in done.stdout
    assert "sss" in done.stdout
    plain = run(table, "--x", "b1", "--y", "l1", "--resamples", 99).stdout
    assert "x has a single replicate" in plain
    assert "nan" not in plain.lower()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--x", "b1,b3", "--y", "l1"], r"table.csv: --x: no column 'b3'; did you mean"),
        (["--x", "b1", "--y", "l1", "--group", "spcae"], "--group: no column 'spcae'"),
        (["--x", "b1,b1", "--y", "l1"], "named twice"),
        (["--x", "b1", "--y", "l1,b1"], "--y: column 'b1' is named twice"),
        (["--x", "b1,", "--y", "l1"], "empty column name"),
        (["--x", "arch", "--y", "l1"], "row 1 below the header, column 'arch': 'a0'"),
        (["--x", "b1", "--y", "l1", "--group", "b1"], "--group"),
        (["--x", "b1,b2", "--y", "l1", "--predictor"], "--predictor"),
        (["--x", "b1", "--y", "l1", "--resamples", "5"], "resamples"),
        (["--x", "b1", "--y", "l1", "--level", "95"], "level"),
    ],
)
def test_unusable_requests_get_one_line(table, options, reason):
    with pytest.raises(InputError, match=reason) as caught:
        run(table, *options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00\x01\x80",
        b"a,b\n1,2\n1,2,3,4\n",
        b"x,y\n1,inf\n2,3\n",
        b"x,x ,y\n1,2,3\n",
    ],
)
def test_unusable_files_get_one_line(tmp_path, content):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.csv") as caught:
        run(path, "--x", "x", "--y", "y")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        run(tmp_path / "none.csv", "--x", "x", "--y", "y")
    with pytest.raises(InputError, match="it is a folder"):
        run(tmp_path, "--x", "x", "--y", "y")


def test_a_table_without_rows(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("x,y\n")
    printed = ask(path, "--x", "x", "--y", "y")
    assert (printed["n"], printed["tau_b"]) == (0, None)
    assert printed["notes"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"x,y\n" + b"1" * 400 + b",2\n3,4\n", "row 1 below the header, column 'x'"),
        (b"x,y\n1,2\n3,-" + b"9" * 400 + b"\n", "row 2 below the header, column 'y'"),
        (b"x,y\n1e400,2\n", "column 'x': '1e400' is not a finite number"),
        (b"x,y\n1" + b"0" * 120 + b",2\n", "column 'x': 1e\\+120 is above"),
        (b"x,y\n" + b"a" * 10**5 + b",2\n", "column 'x': 'aaa"),
        (b"x,y\n" + b"a" * 10**6 + b",2\n", "line 2: field larger than"),
        (b"x,y\n1\x00,2\n", "column 'x'"),
        (b"x\n1,2\n", "line 2 has 2 cells and the first line names 1 col"),
        (b"\x00\x00\x00", "not a CSV table .its first line holds NUL"),
        (bytes(range(256)), "not a CSV table"),
        (b"", "not a CSV table"),
        (b'x,y\n"1,2\n', "not a CSV table"),
    ],
)
def test_what_is_no_table_of_numbers_is_told_in_one_line(tmp_path, content, told):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told) as refused:
        run(path, "--x", "x", "--y", "y")
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < len(str(path)) + 300


@pytest.mark.parametrize("resamples", [10**12, 10**30])
def test_more_resamples_than_fit_are_refused(tmp_path, resamples):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(12)))
    done = run(path, "--x", "x", "--y", "y", "--resamples", resamples)
    assert done.exit_code == 2
    assert "--resamples" in done.output


def test_resamples_of_more_rows_than_fit_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(2000)))
    with pytest.raises(InputError, match=r"--resamples: .* give at most \d+"):
        run(path, "--x", "x", "--y", "y", "--resamples", 1_000_000)


def test_numbers_at_the_bound_are_computed_with(tmp_path):
    path = tmp_path / "t.csv"
    rng = np.random.default_rng(0)
    table = rng.choice([1e100, -1e100, 5e-324, 0.0, 1.0], size=(12, 4))
    pd.DataFrame(table, columns=list("abcd")).to_csv(path, index=False)
    printed = ask(path, "--x", "a,b", "--y", "c,d")
    assert printed["n"] == 12


def spoken(frame, how):
    """The same numbers in another dialect."""
    return {
        "comma at each end": lambda: frame.to_csv(index=False).replace("\n", ",\n"),
        "comma at ends of rows": lambda: (
            frame.to_csv(index=False).replace("\n", ",\n").replace(",\n", "\n", 1)
        ),
        "semicolons": lambda: frame.to_csv(index=False, sep=";"),
        "tabs": lambda: frame.to_csv(index=False, sep="\t"),
        "decimal commas": lambda: frame.to_csv(index=False, sep=";", decimal=","),
        "quotes": lambda: frame.to_csv(index=False, quoting=1),
        "index": lambda: frame.to_csv(),
        "percent": lambda: frame.assign(
            **{name: frame[name].map("{:.17g}%".format) for name in NUMBERS}
        ).to_csv(),
    }[how]()


NUMBERS = ["b1", "b2", "l1", "l2"]
HOW = ["comma at each end", "comma at ends of rows", "semicolons", "tabs", "decimal commas",
       "quotes", "index", "percent"]  # fmt: skip


@pytest.mark.parametrize("how", HOW)
def test_the_columns_that_are_named_are_compared_however_the_table_is_written(how, frame, table):
    expected = rank_transfer(frame[["b1", "b2"]], frame[["l1", "l2"]], resamples=99)
    table.write_text(spoken(frame, how))
    printed = ask(table, "--x", "b1,b2", "--y", "l1,l2")
    assert {field: printed[field] for field in FIELDS} == {
        field: getattr(expected, field) for field in FIELDS
    }


def test_standard_input(frame):
    text = frame.to_csv(index=False)
    done = CliRunner().invoke(
        correlate,
        ["-", "--x", "b1", "--y", "l1", "--resamples", "99", "--json"],
        input=text,
        catch_exceptions=False,
    )
    expected = rank_transfer(frame["b1"], frame["l1"], resamples=99)
    assert json.loads(done.stdout)["tau_b"] == expected.tau_b


@pytest.mark.parametrize("label", ["NA", "None", "null", "n/a", "nan", "N/A", "-", "True"])
def test_groups_are_called_what_they_are_called(label, frame, table):
    frame["space"] = [label, "other"] * 20
    frame.to_csv(table, index=False)
    printed = ask(table, "--x", "b1", "--y", "l1", "--group", "space")
    assert {(row["group"], row["n"]) for row in printed["groups"]} == {(label, 20), ("other", 20)}
    assert printed["n_ungrouped"] == 0


def test_groups_that_are_numbers_keep_their_spelling_and_are_sorted_by_value(frame, table):
    frame["space"] = ["10", "2", "1", "NA", "-3", "2.50", "x", "1e1"] * 5
    frame.to_csv(table, index=False)
    printed = ask(table, "--x", "b1", "--y", "l1", "--group", "space")
    groups = [row["group"] for row in printed["groups"]]
    assert groups == ["-3", "1", "2", "2.50", "10", "1e1", "NA", "x"]
    text = run(table, "--x", "b1", "--y", "l1", "--group", "space", "--resamples", 99).stdout
    assert [line.split()[0] for line in text.splitlines()[2:10]] == groups


def test_a_predictor_is_not_said_to_have_changed(table):
    """A noisy side against a column without any relation to it."""
    rng = np.random.default_rng(1)
    truth = rng.normal(size=400)
    wide = pd.DataFrame({"p": rng.normal(size=400), "good": truth})
    for replicate in range(3):
        wide[f"y{replicate}"] = truth + 0.2 * rng.normal(size=400)
    wide.to_csv(table, index=False)
    for column, verdict in (("p", "below"), ("good", "not distinguishable from")):
        question = [table, "--x", column, "--y", "y0,y1,y2", "--predictor"]
        assert ask(*question)["verdict"] == f"{verdict} the noise ceiling"
        text = run(*question, "--resamples", 99).stdout
        assert f"{verdict} the noise ceiling" in text
        assert "changed" not in text


def test_replicates_of_two_units_are_refused(frame, table):
    frame["b1"] = frame["b1"].map("{:.17g}%".format)
    frame.to_csv(table, index=False)
    with pytest.raises(InputError, match="--x: column 'b1' has signs %, column 'b2' has none"):
        run(table, "--x", "b1,b2", "--y", "l1,l2")


def test_a_name_with_a_comma_is_quoted(frame, table):
    frame.rename(columns={"b1": "acc, mean"}).to_csv(table, index=False)
    printed = ask(table, "--x", '"acc, mean",b2', "--y", "l1")
    assert printed["x"] == ["acc, mean", "b2"]
    with pytest.raises(InputError, match="no column 'acc'"):
        run(table, "--x", "acc, mean", "--y", "l1")


@pytest.fixture
def two_files(frame, tmp_path):
    """The table cut into two files, the second in another order, each with a row of its own."""
    left, right = tmp_path / "left.csv", tmp_path / "right.csv"
    frame.drop(columns=["l1", "l2"]).drop(index=3).to_csv(left, index=False)
    right_columns = frame[["arch", "l1", "l2", "macs"]].drop(index=7)
    right_columns.sample(frac=1, random_state=1).to_csv(right, index=False)
    return left, right


def test_two_files_are_joined_by_a_column(frame, two_files):
    left, right = two_files
    printed = ask(left, "--join", right, "--on", "arch", "--x", "b1,b2", "--y", "l1,l2")
    both = frame.drop(index=[3, 7])
    expected = rank_transfer(both[["b1", "b2"]], both[["l1", "l2"]], resamples=99)
    for field in FIELDS:
        assert printed[field] == getattr(expected, field)
    assert [line.split(": ")[1] for line in printed["unjoined"]] == [
        f"1 rows without a partner in {right} left out",
        f"1 rows without a partner in {left} left out",
    ]


def test_rows_with_one_key_keep_their_groups(frame, tmp_path):
    """A board's architectures stand there once for each part."""
    left, right = tmp_path / "left.csv", tmp_path / "right.csv"
    parts = [frame[["arch", "b1"]].assign(part=name) for name in ("core", "transfer")]
    pd.concat(parts).rename(columns={"arch": "architecture"}).to_csv(left, index=False)
    frame[["arch", "l1"]].rename(columns={"arch": "architecture"}).to_csv(right, index=False)
    printed = ask(left, "--join", right, "--group", "part", "--x", "b1", "--y", "l1")
    expected = rank_transfer(frame[["b1"]], frame[["l1"]], resamples=99)
    assert [(each["group"], each["n"]) for each in printed["groups"]] == [
        ("core", 40),
        ("transfer", 40),
    ]
    assert {each["tau_b"] for each in printed["groups"]} == {expected.tau_b}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--on", "arch", "--x", "b1", "--y", "macs"], "column 'macs' is in"),
        (["--on", "b1", "--x", "b2", "--y", "l1"], "right.csv: --on: no column 'b1'"),
        (["--on", "space", "--x", "b2", "--y", "l1"], "right.csv: --on: no column 'space'"),
        (["--x", "b2", "--y", "l1"], "left.csv: --on: no column 'architecture'"),
        (["--on", "arch", "--x", "b2", "--y", "l3"], "--y: no column 'l3'"),
    ],
)
def test_joins_that_tell_nothing_get_one_line(two_files, options, told):
    left, right = two_files
    with pytest.raises(InputError, match=told):
        run(left, "--join", right, *options)


def test_a_key_with_two_rows_is_refused(frame, two_files):
    left, right = two_files
    pd.concat([frame[["arch", "l1"]], frame[["arch", "l1"]].tail(1)]).to_csv(right, index=False)
    with pytest.raises(InputError, match="--on: arch 'a39' has two rows; leave one out"):
        run(left, "--join", right, "--on", "arch", "--x", "b1", "--y", "l1")


def test_files_without_a_common_key_are_refused(frame, two_files):
    left, right = two_files
    frame.assign(arch=frame["arch"].str.upper())[["arch", "l1"]].to_csv(right, index=False)
    with pytest.raises(InputError, match=r"no arch of .*left\.csv stands there"):
        run(left, "--join", right, "--on", "arch", "--x", "b1", "--y", "l1")


def test_a_key_without_a_second_file_is_refused(table):
    with pytest.raises(InputError, match="--on: there is one file"):
        run(table, "--on", "arch", "--x", "b1", "--y", "l1")
