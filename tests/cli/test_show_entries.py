"""Strategies, schemes, rankers and searchers as ``show`` tells them."""

import json
from pathlib import Path
from typing import Any

import pytest

from imbnas.cli.entries import citations_of, documented
from imbnas.cli.narrow import WIDTH, narrow_table
from imbnas.cli.uses import KINDS, uses_of
from imbnas.rankers import RANKERS
from imbnas.schemes import SCHEMES, resolve_scheme
from imbnas.search import SEARCHERS
from imbnas.strategies import STRATEGIES
from imbnas.suites.files import suite_files

REGISTRIES = {each.kind: each for each in (STRATEGIES, SCHEMES, RANKERS, SEARCHERS)}
ENTRIES = [(kind, name) for kind, registry in REGISTRIES.items() for name in registry.names()]

PLUGIN = '''
from imbnas.strategies import STRATEGIES


@STRATEGIES.register("mine", version="7", summary="a new head (arXiv:2101.00001)")
class Mine:
    """Nothing yet.

    Args:
        depth: how many layers, which
            takes a second line.
        rate: of learning.
    """

    scores_on, recipe = "target", "adaptation"

    def __init__(self, depth: int, rate: float = 0.5):
        pass
'''


def told(bench_here: Any, *arguments: str | Path) -> dict[str, Any]:
    done = bench_here("show", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_kind_can_be_shown() -> None:
    assert set(REGISTRIES) == set(KINDS)


def test_a_strategy(bench_here: Any) -> None:
    found = told(bench_here, "strategy", "p2")
    assert found["source"] == "imbnas/strategies/published.py, FineTune"
    assert found["citations"] == ["https://arxiv.org/abs/2210.00136"]
    assert found["used_in"]["lt-digits"] == ["adaptation"]
    assert set(found["used_in"]) == {"lt-digits", "lt-cifar"}
    assert [(each["name"], each["default"]) for each in found["options"]] == [
        ("freeze_after", None), ("freeze_after_fraction", None), ("scheme", None),
    ]  # fmt: skip
    assert found["options"][1]["allowed"] == "a number in [0, 1]"
    assert found["options"][0]["text"].startswith("epochs of fine-tuning before the backbone")


def test_a_scheme_with_the_options_of_its_parts(bench_here: Any) -> None:
    found = told(bench_here, "scheme", "ce-tau-norm")
    options = {each["name"]: each["default"] for each in found["options"]}
    spec = resolve_scheme("ce-tau-norm")
    for field in ("loss", "sampler", "deferred_from", "classifier", "posthoc", "mixing"):
        assert options[field] == getattr(spec, field)
    assert options["posthoc_options.tau"] == 1.0
    assert found["source"] == "imbnas/schemes/catalog.py"
    cb = told(bench_here, "scheme", "cb-drw")
    assert {e["name"]: e["default"] for e in cb["options"]}["loss_options.beta"] == 0.9999
    assert "transfer" in cb["used_in"]["lt-digits"]
    # lt-digits compares p3 with another scheme, and re-weighting alone.
    assert "adaptation-more" in told(bench_here, "scheme", "ce")["used_in"]["lt-digits"]


def test_a_ranker_and_a_searcher(bench_here: Any) -> None:
    ranker = told(bench_here, "ranker", "jacob-cov")
    assert ranker["used_in"]["lt-digits"] == ["rankers"]
    assert ranker["options"][0]["default"] == 64
    searcher = told(bench_here, "searcher", "evolution")
    assert searcher["used_in"]["lt-digits"] == [f"fidelity {f}" for f in ("mini", "full", "smoke")]
    assert {"generations", "top_k", "max_macs"} <= {each["name"] for each in searcher["options"]}


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_entry_is_told_in_narrow_lines(
    bench_here: Any, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    monkeypatch.setattr("imbnas.cli.uses.suite_files", dict)
    shown = bench_here("show", kind, name)
    assert shown.returncode == 0, shown.stderr
    head, _, table = shown.stdout.partition("\n\n")
    assert f"{kind:<9}  {name}" in head
    assert "used_in    no suite that ships with imbnas" in head
    assert max(map(len, table.splitlines())) <= WIDTH
    for option in told(bench_here, kind, name)["options"]:
        assert option["name"] in table
        assert option["text"], f"{kind} {name}: {option['name']} is not documented"


def test_a_plugin_is_shown_with_its_file(bench: Any, tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN)
    found = json.loads(bench("show", "strategy", "mine", "--plugin", plugin, "--json").stdout)
    assert (found["source"], found["version"]) == (f"{plugin}, Mine", "7")
    assert found["citations"] == ["https://arxiv.org/abs/2101.00001"]
    assert found["used_in"] == {}
    assert [tuple(each.values()) for each in found["options"]] == [
        ("depth", None, True, "int", "how many layers, which takes a second line."),
        ("rate", 0.5, False, "float", "of learning."),
    ]
    shown = bench("show", "strategy", "mine", "--plugin", plugin).stdout
    assert "required" in shown


@pytest.mark.parametrize("kind", REGISTRIES)
def test_an_unknown_name_is_one_line(bench_here: Any, kind: str) -> None:
    done = bench_here("show", kind, "nothing-like-it")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: unknown {kind} 'nothing-like-it'")
    assert done.stderr.count("\n") == 1


def test_uses_are_those_of_the_suites_texts() -> None:
    """A name that a suite's file does not hold is used in no part of it, and the reverse."""
    texts = {name: path.read_text() for name, path in suite_files().items()}
    for name in RANKERS.names():
        assert set(uses_of("ranker", name)) == {s for s, t in texts.items() if f'"{name}"' in t}


@pytest.mark.parametrize(
    ("summary", "numbers"),
    [
        ("x (arXiv:2006.04647v1; arXiv:2101.08134)", ["2006.04647", "2101.08134"]),
        ("x (Ren et al. 2020, arXiv 2007.10740)", ["2007.10740"]),
        ("x (Li et al., CVPR 2022)", []),
    ],
)
def test_citations(summary: str, numbers: list[str]) -> None:
    assert citations_of(summary) == [f"https://arxiv.org/abs/{number}" for number in numbers]


def test_documented_reads_several_names_of_one_line() -> None:
    def function(a: int, b: int) -> None:
        """Do something.

        Args:
            a, b: two ``numbers``.

        Returns:
            nothing: at all.
        """

    assert documented(function) == {"a": "two numbers.", "b": "two numbers."}
    assert documented(lambda: None) == {}


@pytest.mark.parametrize("columns", [60, 80, 100, 300])
def test_tables_are_as_narrow_as_the_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = "a long text of many words that goes on and on and on and on and on and on and on " * 3
    lines = narrow_table([("name", text, "x"), ("other", "", text)], ("a", "b", "c")).splitlines()
    assert max(map(len, lines)) <= min(columns, WIDTH)
    assert " ".join(lines).count("many") == 6
    assert narrow_table([], ("a", "b")).splitlines()[0].split() == ["a", "b"]
