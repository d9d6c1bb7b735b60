"""Bounds on multiply-accumulates as options of a searcher."""

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from imbnas.errors import InputError
from imbnas.spaces.space import Space
from imbnas.spaces.variation import MacBound, random_within
from imbnas.units.bounds import Amount
from imbnas.units.frozen import FrozenModel

_CHECKED = 1000


class MacOptions(FrozenModel):
    """Only architectures within bounds are scored.

    Attributes:
        max_macs: largest number of multiply-accumulates of an image, inclusive, at the space's
            published width, depth, resolution and classes; ``None`` for no upper bound.
        min_macs: smallest such number, inclusive.
    """

    max_macs: Annotated[Amount, Field(ge=1)] | None = None
    min_macs: Amount = 0

    @model_validator(mode="after")
    def _ordered(self) -> "MacOptions":
        if self.max_macs is not None and self.min_macs > self.max_macs:
            raise ValueError(f"min_macs {self.min_macs} exceeds max_macs {self.max_macs}")
        return self

    def bound(self, space: Space) -> MacBound | None:
        """The bounds in a space; ``None`` where there are none."""
        if self.max_macs is None and not self.min_macs:
            return None
        return MacBound(self.max_macs, space.published_shape, self.min_macs)

    def check(self, space: Space) -> None:
        """Refuse bounds within which the space has practically nothing.

        Raises:
            InputError: none of 1,000 random architectures is within the bounds.
        """
        rng = np.random.default_rng(0)
        if random_within(space, rng, self.bound(space), tries=_CHECKED) is None:
            macs = [space.counts(space.random(rng), space.published_shape).macs for _ in range(100)]
            raise InputError(
                f"options 'min_macs' and 'max_macs': no architecture of {space.name} was found "
                f"within them; at the published shape most have {min(macs)} to {max(macs)} MACs"
            )
