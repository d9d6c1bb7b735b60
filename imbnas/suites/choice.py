"""A registry entry with options, as a suite file names it."""

from typing import Any

from pydantic import Field

from imbnas.units.frozen import FrozenModel
from imbnas.units.unit import component_label


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
