"""What the options of several strategies share."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator

from imbnas.units.frozen import FrozenModel


def _known(name: str) -> str:
    from imbnas.schemes import resolve_scheme

    resolve_scheme(name)
    return name


SchemeOption = Annotated[str, AfterValidator(_known)] | None
"""Name of a scheme that takes the place of the target's while a strategy trains.

A strategy with an attribute ``scheme`` finds that scheme as ``adaptation.scheme``, and the whole
of it is part of the identity of what it leaves. Found architectures are retrained with the target's
scheme whatever a strategy trains with.
"""


class ScoredOnTarget(FrozenModel):
    """A strategy that adapts by the adaptation recipe and is scored on the target."""

    scores_on: ClassVar[Literal["target"]] = "target"
    recipe: ClassVar[Literal["adaptation"]] = "adaptation"
