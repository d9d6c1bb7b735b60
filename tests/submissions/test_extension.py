"""The suite of a submission against the board's."""

from pathlib import Path
from typing import Any

import pytest

from imbnas.runs.store.archived_run import ArchivedRun
from imbnas.runs.store.directory import RunDirectory
from imbnas.submissions.extension import extension_faults
from imbnas.submissions.own_strategies import strategy_faults
from imbnas.suites.resolved import ResolvedSuite

OWN = "p2(freeze_after_fraction=0.5)"


@pytest.fixture(scope="module")
def suites(board: Path, own_run: Path) -> tuple[ResolvedSuite, ResolvedSuite]:
    return ArchivedRun(board / "records.tar.xz").read_suite(), RunDirectory(own_run).read_suite()


def test_what_was_added_is_no_fault(suites: tuple[ResolvedSuite, ResolvedSuite]) -> None:
    assert extension_faults(*suites) == []
    assert strategy_faults(*suites) == []
    assert "nothing was added" in extension_faults(suites[0], suites[0])[0]


def test_plugins_are_no_fault(suites, plugin_run: Path) -> None:
    assert extension_faults(suites[0], RunDirectory(plugin_run).read_suite()) == []


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ({"strategies": (OWN, "p3")}, "its parts are not"),
        ({"strategies": ("p\u202e2",)}, "U+202E"),
        ({"strategies": ("=2",)}, "formula"),
        ({"strategies": tuple(f"s{n}" for n in range(17))}, "more than 16"),
        ({"spaces": ("x",)}, "no kind of addition"),
        ({"baselines": ("./a.toml",)}, "is a file"),
    ],
)
def test_other_additions_than_the_parts_have(suites, added: dict[str, Any], told: str) -> None:
    board, suite = suites
    faults = extension_faults(board, suite.model_copy(update={"added": added}))
    assert told in faults[0]


@pytest.mark.parametrize(
    ("component", "told"),
    [
        ({"version": "99"}, "of version '99'"),
        ({"source_sha256": "a" * 64}, "imbnas has another of that name"),
        ({"name": "unknown"}, "it is 'unknown(freeze_after_fraction=0.5)'"),
        ({"options": ()}, "it is 'p2'"),
    ],
)
def test_other_code_than_imbnas_has(suites, component: dict[str, Any], told: str) -> None:
    board, suite = suites
    facts = suite.strategies[OWN]
    changed = facts.model_copy(update={"component": facts.component.model_copy(update=component)})
    suite = suite.model_copy(update={"strategies": {**suite.strategies, OWN: changed}})
    assert any(told in fault for fault in extension_faults(board, suite))


@pytest.mark.parametrize("change", [{"scores_on": "source"}, {"scheme": "ce"}])
def test_other_declarations_than_imbnas_has(suites, change: dict[str, Any]) -> None:
    board, suite = suites
    changed = suite.strategies[OWN].model_copy(update=change)
    suite = suite.model_copy(update={"strategies": {**suite.strategies, OWN: changed}})
    assert strategy_faults(board, suite) == [f"strategy {OWN!r}: not as this imbnas has it"]


def test_entries_of_no_part_are_a_fault(suites) -> None:
    board, suite = suites
    further = {**suite.strategies, "p9": suite.strategies[OWN]}
    faults = extension_faults(board, suite.model_copy(update={"strategies": further}))
    assert "strategies: 'p9' is of no part" in faults
