"""What a command line adds to the parts of a suite: strategies, rankers, baselines, trainings."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

from pydantic import ValidationError

from imbnas.errors import InputError
from imbnas.suites.choice import StrategyChoice, parse_choice
from imbnas.suites.schema import AdaptationPart, BaselinesPart, Part, SuiteFile, TransferPart
from imbnas.suites.trainings import Training
from imbnas.units.conditions import parse_condition
from imbnas.validation import first_fault


@dataclass(frozen=True)
class Additions:
    """What is added, as it was given.

    Attributes:
        strategies: labels, such as ``p2`` or ``p2(freeze_after_fraction=0.25)``.
        rankers: labels.
        baselines: names, or files of baselines.
        schemes: names; each trains the population on every long-tailed target.
        conditions: ``CONDITION`` or ``CONDITION SCHEME``, trained as further targets.
    """

    strategies: tuple[str, ...] = ()
    rankers: tuple[str, ...] = ()
    baselines: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """What there is, by the name of the field."""
        return {each.name: held for each in fields(self) if (held := getattr(self, each.name))}

    @property
    def suffix(self) -> str:
        """What tells a run directory from that of the suite without additions."""
        texts = chain.from_iterable(self.named.values())
        return "".join(f"+{re.sub(r'[^A-Za-z0-9._-]+', '-', text).strip('-')}" for text in texts)


def extended_suite(
    suite: SuiteFile, fidelity: str, additions: Additions, parts: Sequence[str] = ()
) -> SuiteFile:
    """The suite with the additions.

    Each goes to the fidelity's first part of its kind, or to all of that kind that are named.

    Args:
        suite: as read.
        fidelity: whose parts are added to.
        additions: what is added.
        parts: names of parts.

    Raises:
        InputError: there is no part of the kind, it has the entry already, or the entry is not
            written as it must be.
    """
    held = dict(suite.parts)
    offered = [name for name in suite.at(fidelity).parts if not parts or name in parts]
    for added, option, kind, field, entries in _ADDED:
        given = getattr(additions, added)
        if not given:
            continue
        names = [name for name in offered if isinstance(held[name], kind)]
        if not names:
            raise InputError(
                f"{option} {given[0]}: fidelity {fidelity!r} of suite {suite.name!r} has no part "
                f"for it{' among those named' if parts else ''}"
            )
        for name in names if parts else names[:1]:
            for text in given:
                what = f"{option} {text}: part {name!r}"
                held[name] = _with(held[name], field, entries(what, held[name], text), what)
    return suite.model_copy(update={"parts": held})


def _with(part: Part, field: str, further: Sequence[Any], what: str) -> Part:
    """A part with further entries in one of its fields."""
    if not further:
        raise InputError(f"{what} has it already; leave it out")
    content = part.model_dump() | {field: (*getattr(part, field), *further)}
    try:
        return type(part).model_validate(content)
    except ValidationError as error:
        raise InputError(f"{what}: {first_fault(error).message}") from None


def _entry(what: str, _part: Part, label: str) -> list[dict[str, Any]]:
    """The table that a label is short for."""
    return [parse_choice(StrategyChoice, label, what).model_dump()]


def _model(_what: str, _part: Part, name: str) -> list[str]:
    return [name]


def _under_scheme(_what: str, part: Part, scheme: str) -> list[Training]:
    targets = part.targets if isinstance(part, TransferPart) else ()
    tailed = [t for t in targets if parse_condition(t.condition).ratio != 1] or targets
    trainings = (Training(condition=t.condition, scheme=scheme) for t in tailed)
    return list(dict.fromkeys(t for t in trainings if t not in targets))


def _training(what: str, _part: Part, text: str) -> list[Training]:
    condition, *scheme = text.split() or [""]
    if not condition or len(scheme) > 1:
        raise InputError(f"{what}: write 'CONDITION' or 'CONDITION SCHEME'")
    return [Training(condition=parse_condition(condition).name, scheme=(scheme or ["ce"])[0])]


_Entries = Callable[[str, Part, str], Sequence[Any]]
_ADDED: tuple[tuple[str, str, type[Part], str, _Entries], ...] = (
    ("strategies", "--strategy", AdaptationPart, "strategies", _entry),
    ("rankers", "--ranker", TransferPart, "rankers", _entry),
    ("baselines", "--baseline", BaselinesPart, "models", _model),
    ("schemes", "--scheme", TransferPart, "targets", _under_scheme),
    ("conditions", "--condition", TransferPart, "targets", _training),
)
"""Field of ``Additions``, option, kind of part, its field, entries that a text stands for."""
