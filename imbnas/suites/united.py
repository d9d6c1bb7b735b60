"""A board's suite with what several submissions add to it."""

from collections.abc import Iterator, Sequence
from typing import Any

from imbnas.suites.additions import Additions, extended_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import AdaptationPart, BaselinesPart, Part, TransferPart

_NAMED = ("conditions", "schemes", "strategies", "baselines", "rankers", "test_labels")

Entry = tuple[str, str, str]
"""Kind, part as tables name it, label."""


def united_suite(base: ResolvedSuite, further: Sequence[ResolvedSuite]) -> ResolvedSuite:
    """The suite of a board that has taken submissions.

    It has the title of the board's, and names nothing as added: its rows say where they come from.

    Args:
        base: the suite as it was published.
        further: that suite with additions, as submissions hold it, in the order in which the
            additions follow each other.

    Raises:
        InputError: two of them add the same entry.
    """
    parts = base.suite
    fields: dict[str, Any] = {name: dict(getattr(base, name)) for name in _NAMED}
    if base.evaluation_images:
        fields["evaluation_images"] = dict(base.evaluation_images)
    common = {pair.conditions: pair for pair in base.common_images}
    plugins = dict.fromkeys(base.plugins)
    for suite in further:
        changed = [
            name for name, part in suite.suite.parts.items() if base.suite.parts[name] != part
        ]
        parts = extended_suite(parts, base.fidelity, Additions(**suite.added), changed)
        for name, held in fields.items():
            fields[name] = getattr(suite, name) | held
        if base.common_images:
            common = {pair.conditions: pair for pair in suite.common_images} | common
        plugins |= dict.fromkeys(suite.plugins)
    own = [pair.conditions for pair in base.common_images]
    fields["common_images"] = tuple(
        common[conditions] for conditions in (*own, *sorted(common.keys() - set(own)))
    )
    return base.model_copy(update={**fields, "suite": parts, "plugins": tuple(plugins)})


def added_entries(base: ResolvedSuite, suite: ResolvedSuite) -> Iterator[Entry]:
    """What a suite's parts have beyond those of another: strategies, rankers, baselines, trainings.

    Adaptation parts are named once for each of their routes.
    """
    for name, part in suite.suite.parts.items():
        own = {*_entries(name, base.suite.parts[name])}
        yield from (entry for entry in _entries(name, part) if entry not in own)


def _entries(name: str, part: Part) -> Iterator[Entry]:
    match part:
        case TransferPart():
            yield from (("rankers", name, ranker.label) for ranker in part.rankers)
            yield from (("trainings", name, str(training)) for training in part.trainings)
        case AdaptationPart():
            yield from (
                ("strategies", route, label)
                for route in part.routes(name)
                for label in part.choices
            )
        case BaselinesPart():
            yield from (("baselines", name, label) for label in part.labels)
