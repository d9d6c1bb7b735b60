"""What the last start of a run was to do, so that others count the same units."""

from pydantic import ValidationError

from imbnas.regular_files import read_regular
from imbnas.runs.store.files import replace_file
from imbnas.runs.store.layout import RunLayout
from imbnas.units.frozen import FrozenModel, canonical_json

_BYTES = 2**20


class Asked(FrozenModel):
    """What a start was restricted to.

    Attributes:
        parts: names of parts; ``None`` for all.
        only: patterns of units; empty for all.
    """

    parts: tuple[str, ...] | None = None
    only: tuple[str, ...] = ()

    @property
    def options(self) -> str:
        """As on the command line; empty for all units."""
        parts = [f"--part {name}" for name in self.parts or ()]
        return " ".join([*parts, *(f"--only '{pattern}'" for pattern in self.only)])


def keep_asked(layout: RunLayout, asked: Asked) -> None:
    """Note what a start is restricted to; the last one counts."""
    if read_asked(layout) != asked:
        replace_file(layout.asked_file, canonical_json(asked).encode(), layout.temporary)


def read_asked(layout: RunLayout) -> Asked:
    """What the last start was restricted to; nothing where that cannot be read."""
    try:
        return Asked.model_validate_json(read_regular(layout.asked_file, _BYTES))
    except (OSError, ValidationError):
        return Asked()
