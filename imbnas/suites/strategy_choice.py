"""A strategy as a suite file names it: by name alone, or with options."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag

from imbnas.suites.choice import Choice


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
"""Tags that stand in the locations of faults of such entries."""
