"""Colours and markers that distinguish many series, and numbered names for their legends."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from imbnas.leaderboards.chart_data.names import numbered
from imbnas.leaderboards.charts.palette import Colour, light

_NAMES: tuple[Colour, ...] = ("blue", "orange", "green", "purple", "sky", "amber", "ink")
COLOURS = tuple(map(light, _NAMES))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_SIZES = {"*": 9.5, "P": 7.5, "X": 7.5, "D": 5.8}
_SIZE = 6.5
"""Side of a marker in points; pointed ones are larger to look equally large."""


@dataclass(frozen=True)
class Mark:
    """How one series looks, and what it is called in a legend.

    Attributes:
        colour: of its markers and bars.
        marker: of Matplotlib.
        number: written beside its points, from 1.
        name: its number and its name, shortened.
    """

    colour: str
    marker: str
    number: int
    name: str

    def points(self) -> dict[str, Any]:
        """Properties of a Line2D that is all markers."""
        return {
            "linestyle": "none",
            "color": self.colour,
            "marker": self.marker,
            "markersize": _SIZES.get(self.marker, _SIZE),
            "markeredgecolor": light("paper"),
            "markeredgewidth": 0.6,
        }


def marks(names: Sequence[str]) -> dict[str, Mark]:
    """Name → mark; no two of the first 56 have the same colour and marker.

    Args:
        names: distinct names, in the order of the legend.
    """
    # The lengths are coprime: both change from one series to the next, and pairs recur late.
    looks = zip(numbered(names).items(), cycle(COLOURS), cycle(MARKERS), strict=False)
    return {
        name: Mark(colour, marker, number, shown)
        for number, ((name, shown), colour, marker) in enumerate(looks, start=1)
    }
