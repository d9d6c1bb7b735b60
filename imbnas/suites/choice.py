"""Registry entries as a suite file names them: by name alone, or with options."""

import json
import re
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from imbnas.errors import InputError
from imbnas.registry import Registry
from imbnas.units.frozen import FrozenModel
from imbnas.units.unit import Component, component_label


class Choice(FrozenModel):
    """A registry entry and its options.

    Attributes:
        name: registry name.
        options: option → value.
    """

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    @property
    def label(self) -> str:
        """What tables call it: ``p2`` or ``p2(freeze_after=50)``, options sorted by name."""
        return component_label(self.name, tuple(sorted(self.options.items())))

    def __str__(self) -> str:
        return self.label

    def component(self, registry: Registry[Any]) -> Component:
        """The entry pinned to its version and, for a plug-in, its source.

        Raises:
            UnknownNameError: the registry has no such entry.
        """
        return Component(
            name=self.name,
            version=registry.entry(self.name).version,
            options=tuple(sorted(self.options.items())),
            source_sha256=registry.source_sha256(self.name),
        )


C = TypeVar("C", bound=Choice)
_WRITTEN = re.compile(r"(?P<name>[^()\s]+)\s*(?:\((?P<options>.*)\))?")


def parse_choice(kind: type[C], text: str, option: str) -> C:
    """Read ``NAME`` or ``NAME(OPTION=VALUE, …)``, as on a command line; a value is JSON, else text.

    Args:
        kind: of choice.
        text: what was given.
        option: that it was given for, for messages.

    Raises:
        InputError: it is written otherwise.
    """
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{option} {text!r}: write NAME or 'NAME(OPTION=VALUE, …)'")
    options: dict[str, Any] = {}
    for part in filter(None, (match["options"] or "").split(",")):
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise InputError(f"{option} {text!r}: {part.strip()!r} is not OPTION=VALUE")
        options[name.strip()] = _value(value.strip())
    return kind(name=match["name"], options=options)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # names need no quotes


class RankerChoice(Choice):
    """A ranker and its options; ``"snip"`` is short for ``{ name = "snip" }``."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, entry: Any) -> Any:
        return {"name": entry} if isinstance(entry, str) else entry


class SearcherChoice(Choice):
    """A searcher and its options."""

    name: str = "evolution"


class StrategyChoice(Choice):
    """A strategy and its options."""


def _plain(entry: Any) -> Any:
    """Take a table without options for the name alone, so that both have one identity."""
    if isinstance(entry, dict) and set(entry) <= {"name", "options"} and not entry.get("options"):
        return entry.get("name", entry)
    return entry


def _form(entry: Any) -> str:
    return "table" if isinstance(entry, dict | StrategyChoice) else "name"


StrategyEntry = Annotated[
    Annotated[str, Tag("name")] | Annotated[StrategyChoice, Tag("table")],
    Discriminator(_form),
    BeforeValidator(_plain),
]
"""An entry of a part's list; a name alone is stored as it is written."""
ENTRY_FORMS = ("name", "table")
"""Tags in the locations of pydantic's errors about such entries."""


def choice_of(entry: str | StrategyChoice) -> StrategyChoice:
    """An entry in its long form."""
    return StrategyChoice(name=entry) if isinstance(entry, str) else entry
