"""Which units of a plan a run is restricted to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from imbnas.errors import InputError
from imbnas.units.unit import Unit

_IDENTITY_PREFIX = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True)
class UnitFilter:
    """Patterns, of which a unit must match at least one.

    Attributes:
        patterns: shell patterns for labels (``*`` stands for anything), or the first six or more
            digits of an identity.
    """

    patterns: tuple[str, ...]

    def matches(self, unit: Unit) -> bool:
        """Whether a pattern matches the unit's label or identity."""
        return any(
            fnmatchcase(unit.label, pattern)
            or (_IDENTITY_PREFIX.fullmatch(pattern) and unit.identity.startswith(pattern))
            for pattern in self.patterns
        )

    def of(self, units: Sequence[Unit]) -> tuple[Unit, ...]:
        """The units that match and all that they build on, in the order given.

        Args:
            units: each after those that it builds on.

        Raises:
            InputError: none matches.
        """
        wanted: set[str] = set()
        for unit in reversed(units):
            if unit.identity in wanted or self.matches(unit):
                wanted |= {unit.identity, *unit.requires}
        if not wanted and units:
            raise InputError(
                f"--only {' '.join(self.patterns)}: fits none of {len(units)} units, of which one "
                f"is labelled {units[0].label!r}; use * for what may vary"
            )
        return tuple(unit for unit in units if unit.identity in wanted)
