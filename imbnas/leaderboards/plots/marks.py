"""Colours and markers that distinguish many series, and numbered names for their legends."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Literal

from imbnas.leaderboards.chart_data.names import numbered

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#3c3c3c")
"""Okabe and Ito's colour-blind safe palette, without the yellow that is pale on white."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_SIZES = {"*": 9.5, "P": 7.5, "X": 7.5, "D": 5.8}
_SIZE = 6.5
"""Side of a marker in points; pointed ones are larger to look equally large."""

Fill = Literal["filled", "hollow", "half"]


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

    def points(self, fill: Fill = "filled") -> dict[str, Any]:
        """Properties of a Line2D that is all markers; a hollow one hides what is behind it."""
        return {
            "linestyle": "none",
            "color": self.colour,
            "marker": self.marker,
            "markersize": _SIZES.get(self.marker, _SIZE),
            "markerfacecolor": "white" if fill == "hollow" else self.colour,
            "markeredgecolor": "white" if fill == "filled" else self.colour,
            "markeredgewidth": 0.6 if fill == "filled" else 1.2,
            "fillstyle": "left" if fill == "half" else "full",
            "markerfacecoloralt": "white",
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


def fill_legend(fills: Mapping[str, Fill], kinds: Container[str]) -> str:
    """What the fill of a marker means, for the title of a legend.

    Args:
        fills: kind → fill.
        kinds: those that are shown.
    """
    return ", ".join(f"{fill}: {kind}" for kind, fill in fills.items() if kind in kinds)
