"""``imbnas.run`` does as the command does."""

import inspect
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pandas as pd
import pytest

import imbnas
from imbnas.cli.progress import in_notebook
from imbnas.cli.run import command
from imbnas.errors import InputError

RECORDS = "records/*/*/*.json"


def names(run: Path) -> set[str]:
    return {path.name for path in run.glob(RECORDS)}


def test_what_is_missing_is_done_and_nothing_else(
    workplace: Path, finished_run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = workplace / "runs" / "mine"
    next(run.glob("records/train/*/*.json")).unlink()
    for path in (run / "tables" / "adaptation.csv", run / "index.html"):
        path.unlink()
    results = imbnas.run("mine.toml", out=run, workers=1)
    assert names(run) == names(finished_run)
    assert (run / "index.html").is_file()
    for table in run.glob("tables/*.csv"):
        if table.name != "cost.csv":  # the only one with seconds
            assert table.read_bytes() == (finished_run / "tables" / table.name).read_bytes()
    told = capfd.readouterr()
    assert "tiny@1/only: 36/36 units" in told.err
    assert told.out == ""
    loaded = imbnas.load_results(run)
    assert repr(results) == repr(loaded)
    pd.testing.assert_frame_equal(results.accuracies, loaded.accuracies)
    assert results.answer == loaded.answer


def test_a_budget_leaves_work_and_says_so(
    workplace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = workplace / "runs" / "mine"
    for path in run.glob("records/train/*/*.json"):
        path.unlink()
    results = imbnas.run("mine.toml", out=run, workers=1, max_units=1, parts=["transfer"])
    assert results.records is not None
    assert 1 <= len(results.records) < 16
    assert "stopped by --max-units" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"suite": "lt-digit"}, "did you mean 'lt-digits'"),
        ({"fidelity": "smok"}, "did you mean 'smoke'"),
        ({"parts": ["tranfser"]}, "did you mean 'transfer'"),
        ({"plugins": ["absent.py"]}, "absent.py: no such file"),
        ({"strategies": ["p9"], "fidelity": "smoke"}, "unknown strategy 'p9'"),
        ({"data_root": "absent"}, "absent: no such folder"),
        ({"reuse": ["absent"]}, "--reuse absent"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(
    given: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message) as told:
        imbnas.run(**given)
    assert "\n" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_it_stays_in_the_main_thread() -> None:
    told: list[Exception] = []

    def work() -> None:
        try:
            imbnas.run("lt-digits")
        except InputError as error:
            told.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "call it in the main thread" in str(told[0])


def test_arguments_are_called_as_options_are() -> None:
    """But for suite and reuse, of which the command has two each."""
    options = {each.name for each in command.params if isinstance(each, click.Option)}
    arguments = {*inspect.signature(imbnas.run).parameters} - {"suite", "reuse"}
    assert arguments <= options
    assert {"suite_name", "reused"} <= options


def test_a_notebook_shows_progress_below_its_cell(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shown: list[tuple[str, str]] = []

    class Handle:
        def update(self, data: dict[str, str], raw: bool) -> None:
            shown.append(("update", data["text/plain"]))

    def display(data: dict[str, str], raw: bool, display_id: bool) -> Handle:
        shown.append(("display", data["text/plain"]))
        return Handle()

    kernel = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=None))
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    assert in_notebook()
    imbnas.run("mine.toml", out="runs/mine", workers=1)
    assert [kind for kind, _ in shown] == ["display", *["update"] * (len(shown) - 1)]
    assert shown[-1][1].startswith("tiny@1/only: 36/36 done, 0 running, 0 left")
    assert "units" not in capfd.readouterr().err


def test_a_terminal_with_ipython_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: object()))
    assert not in_notebook()
