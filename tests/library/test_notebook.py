"""The notebook of the documentation, cell by cell."""

import json
from pathlib import Path
from typing import Any

import pytest

import imbnas
from imbnas.leaderboards.library import LoadedResults

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "first-strategy.ipynb"
pytestmark = pytest.mark.skipif(
    not NOTEBOOK.exists(), reason="the documentation is not beside the tests"
)
CHOICE = 'SUITE, FIDELITY = "lt-digits", "smoke"'


def cells() -> list[str]:
    held = json.loads(NOTEBOOK.read_text())["cells"]
    return ["".join(cell["source"]) for cell in held if cell["cell_type"] == "code"]


def execute(sources: list[str]) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, source in enumerate(sources):
        exec(compile(source, f"cell {number}", "exec"), names)
    return names


def check(names: dict[str, Any], printed: str) -> None:
    first, second = (names[name].tables["adaptation"] for name in ("first", "second"))
    assert set(second["strategy"]) == {*first["strategy"], "head-balanced"}
    (row,) = second[second["strategy"] == "head-balanced"].to_dict("records")
    assert 0 < row["accuracy_mean"] < 100
    assert row["n_missing"] == 0
    # What both runs have is the same.
    merged = first.merge(second, on=["part", "strategy", "searcher"], suffixes=("", "_again"))
    found = merged[merged["accuracy_mean"].notna()]
    assert (found["accuracy_mean"] == found["accuracy_mean_again"]).all()
    assert len(found) == first["accuracy_mean"].notna().sum()
    assert names["first"].answer in printed
    assert names["second"].answer in printed
    assert (names["second"].source / "index.html").is_file()
    assert printed.rstrip().endswith("index.html")


def test_it_is_a_notebook_without_outputs() -> None:
    held = json.loads(NOTEBOOK.read_text())
    assert (held["nbformat"], held["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in held["cells"]}) == len(held["cells"])
    code = [cell for cell in held["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert "pip install" in "".join(held["cells"][0]["source"])
    for cell in held["cells"]:
        assert all(len(line) <= 130 for line in cell["source"])


def test_it_works_on_the_tiny_suite(
    workplace: Path, bench: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a run of the command in the place of one from here, which starts no processes."""

    def run(suite: str, fidelity: str, **given: Any) -> LoadedResults:
        out = Path("runs") / ("added" if "strategies" in given else "mine")
        words = ["run", "--suite", suite, "--fidelity", fidelity, "--out", out]
        options = {"parts": "--part", "plugins": "--plugin", "strategies": "--strategy"}
        for name, values in given.items():
            for value in values:
                words += [options.get(name, f"--{name}"), value]
        done = bench(*words, "--executor", "here", cwd=workplace)
        assert done.returncode == 0, done.stderr
        return imbnas.load_results(out)

    monkeypatch.setattr(imbnas, "run", run, raising=False)
    sources = [each.replace(CHOICE, 'SUITE, FIDELITY = "mine.toml", "only"') for each in cells()]
    assert sources != cells()
    check(execute(sources), capsys.readouterr().out)


@pytest.mark.slow
def test_it_works_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    check(execute(cells()), capsys.readouterr().out)
