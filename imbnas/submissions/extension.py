"""Whether the suite of a submission is the board's with what was added, and nothing else."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from imbnas.baselines.registry import load_baseline
from imbnas.errors import InputError
from imbnas.rankers.registry import RANKERS
from imbnas.registry import Registry
from imbnas.runs.store.bound_suite import refuse_unless_extended
from imbnas.schemes import SCHEMES, resolve_scheme
from imbnas.strategies import STRATEGIES
from imbnas.submissions.shown_text import text_fault
from imbnas.submissions.submission import MOST_ADDED
from imbnas.suites.additions import Additions, extended_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.unit import Component

_EXTENSIBLE = ("strategies", "rankers", "baselines", "schemes", "conditions", "evaluation_images")
"""Fields of the resolved suite to which entries may be added, by name."""


def extension_faults(board: ResolvedSuite, suite: ResolvedSuite) -> list[str]:
    """What a suite differs in from a board's apart from what was added; empty if in nothing.

    The suite may be anybody's; what takes time follows only once it is known to be no larger than
    the board's.
    """
    return [*_faults(board, suite)]


def _faults(board: ResolvedSuite, suite: ResolvedSuite) -> Iterator[str]:
    if suite.title != board.title:
        yield f"it is {suite.title}, and the board {board.title}"
        return
    for field in ("replicates", "first_replicate"):
        if getattr(suite, field) != getattr(board, field):
            yield f"{field}: {getattr(suite, field)}, on the board {getattr(board, field)}"
            return
    added = [text for texts in suite.added.values() for text in texts]
    if not added:
        yield "nothing was added to the board's suite; there is nothing to hand in"
        return
    if len(added) > MOST_ADDED or len(suite.plugins) > MOST_ADDED:
        yield f"more than {MOST_ADDED} things were added"
        return
    if fault := _added_fault(board, suite):
        yield fault
        return
    try:
        refuse_unless_extended(Path("suite.json"), board, _without(board, suite))
    except InputError as error:
        yield str(error).partition(";")[0].removeprefix("suite.json: ")
        return
    try:
        yield from _entry_faults(board, suite)
    except InputError as error:
        yield str(error)


def _added_fault(board: ResolvedSuite, suite: ResolvedSuite) -> str | None:
    """Whether the parts are the board's with the additions, each at its end."""
    for text in (text for texts in suite.added.values() for text in texts):
        if fault := text_fault(text):
            return f"added {text[:60]!r}: {fault}"
    known = {each.name for each in fields(Additions)}
    if unknown := suite.added.keys() - known:
        return f"added: {min(unknown)[:60]!r} is no kind of addition"
    for name in suite.added.get("baselines", ()):
        if "/" in name or name.endswith(".toml"):
            return f"baseline {name!r} is a file, which others do not have"
    changed = [
        name for name, part in suite.suite.parts.items() if board.suite.parts.get(name) != part
    ]
    try:
        expected = extended_suite(
            board.suite, board.fidelity, Additions(**suite.added), changed or ("",)
        )
    except InputError as error:
        return str(error)
    if expected.parts != suite.suite.parts:
        return "its parts are not the board's with what was added"
    return None


def _without(board: ResolvedSuite, suite: ResolvedSuite) -> ResolvedSuite:
    """The suite without what was added."""
    entries: dict[str, Any] = {
        field: {
            name: entry
            for name, entry in getattr(suite, field).items()
            if name in getattr(board, field)
        }
        for field in _EXTENSIBLE
    }
    same = {"suite": board.suite, "plugins": board.plugins, "added": board.added}
    if set(board.test_labels) <= set(suite.test_labels):
        entries["test_labels"] = {name: suite.test_labels[name] for name in board.test_labels}
    plain = suite.suite.model_copy(
        update={"parts": board.suite.parts, "claims": board.suite.claims}
    )
    return suite.model_copy(update={**same, **entries, "suite": plain})


def _entry_faults(board: ResolvedSuite, suite: ResolvedSuite) -> Iterator[str]:
    """What is wrong with the entries that were added."""
    files = {plugin.sha256 for plugin in suite.plugins}
    yield from _strategy_faults(board, suite, files)
    for label in further("rankers", board, suite):
        yield from _fault_of(label, suite.rankers[label], RANKERS, files)
    for name in further("schemes", board, suite):
        if SCHEMES.is_built_in(name) and resolve_scheme(name) != suite.schemes[name]:
            yield f"scheme {name[:60]!r}: not as this imbnas has it"
        elif not SCHEMES.is_built_in(name) and not files:
            yield f"scheme {name[:60]!r}: neither imbnas's own nor of a plug-in of the submission"
    for name in further("baselines", board, suite):
        model = suite.baselines[name].model
        if load_baseline(model.baseline).digest != model.spec_sha256:
            yield f"baseline {name[:60]!r}: not as this imbnas has it"
    for name in further("conditions", board, suite):
        yield from _fault_of_condition(name, board, suite)


def _strategy_faults(board: ResolvedSuite, suite: ResolvedSuite, files: set[str]) -> Iterator[str]:
    named = {label for _, route in suite.suite.routes for label in route.choices}
    for label in further("strategies", board, suite):
        if label not in named:
            yield f"strategies: {label[:60]!r} is of no part"
        yield from _fault_of(label, suite.strategies[label].component, STRATEGIES, files)


def further(field: str, board: ResolvedSuite, suite: ResolvedSuite) -> list[str]:
    """Names in a field of the resolved suite that the board's does not have, sorted."""
    return sorted(getattr(suite, field).keys() - getattr(board, field).keys())


def _fault_of(
    label: str, component: Component, registry: Registry[Any], files: set[str]
) -> Iterator[str]:
    what, source = f"{registry.kind} {label[:60]!r}", component.source_sha256
    if component.label != label:
        yield f"{what}: it is {component.label[:60]!r}"
    elif source is not None:
        if registry.is_built_in(component.name):
            yield f"{what}: of a plug-in, and imbnas has another of that name"
        if source not in files:
            yield f"{what}: not of a plug-in of the submission"
    elif not registry.is_built_in(component.name):
        yield f"{what}: neither imbnas's own nor of a plug-in of the submission"
    elif component.version != registry.entry(component.name).version:
        yield f"{what}: of version {component.version[:60]!r}, which this imbnas does not have"


def _fault_of_condition(name: str, board: ResolvedSuite, suite: ResolvedSuite) -> Iterator[str]:
    facts = suite.conditions[name]
    for other in board.conditions.values():
        same = facts.condition.dataset == other.condition.dataset
        if same and facts.replicates[0].dataset_digest != other.replicates[0].dataset_digest:
            yield f"condition {name[:60]!r}: of other images than the board's"
            return
