"""A ranker as a suite file names it: by name alone, or with options."""

from typing import Any

from pydantic import model_validator

from imbnas.suites.choice import Choice


class RankerChoice(Choice):
    """A ranker and its options; ``"snip"`` is short for ``{ name = "snip" }``."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, entry: Any) -> Any:
        return {"name": entry} if isinstance(entry, str) else entry
