"""What networks are trained on and with, as a suite file says it."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, field_validator

from imbnas.units.conditions import parse_condition
from imbnas.units.frozen import FrozenModel

Item = TypeVar("Item")

MOST_ENTRIES = 1000
"""Of a list in a suite: conditions, strategies, models."""


def distinct(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Refuse repetitions: they would fill tables with rows that count as further tests."""
    if all(isinstance(item, str) for item in items) and len(set(items)) == len(items):
        return items
    for position, item in enumerate(items):
        if item in items[:position]:
            raise ValueError(f"{item} is given twice; leave one out")
    return items


Distinct = Annotated[tuple[Item, ...], Field(max_length=MOST_ENTRIES), AfterValidator(distinct)]
SomeDistinct = Annotated[
    tuple[Item, ...], Field(min_length=1, max_length=MOST_ENTRIES), AfterValidator(distinct)
]


class Training(FrozenModel):
    """A condition and the scheme that networks are trained on it with.

    Attributes:
        condition: short name, such as ``cifar10@100x``.
        scheme: registry name.
    """

    condition: str
    scheme: str = "ce"

    @field_validator("condition")
    @classmethod
    def _parses(cls, text: str) -> str:
        return parse_condition(text).name

    def __str__(self) -> str:
        return f"{self.condition} with scheme {self.scheme}"
