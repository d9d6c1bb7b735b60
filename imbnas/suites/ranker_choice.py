"""A ranker as a suite file names it: by name alone, or with options."""

from typing import Any

from pydantic import Field, model_validator

from imbnas.units.frozen import FrozenModel
from imbnas.units.work import component_label


class RankerChoice(FrozenModel):
    """A ranker and its options; ``"snip"`` is short for ``{ name = "snip" }``.

    Attributes:
        name: registry name.
        options: option → value.
    """

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, entry: Any) -> Any:
        return {"name": entry} if isinstance(entry, str) else entry

    @property
    def label(self) -> str:
        """What tables call it: ``snip`` or ``snip(batch_size=32)``, options sorted by name."""
        return component_label(self.name, tuple(sorted(self.options.items())))

    def __str__(self) -> str:
        return self.label
