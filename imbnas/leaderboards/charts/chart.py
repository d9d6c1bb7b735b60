"""What a chart consists of; positions are those of data, colours are names of the palette."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from imbnas.leaderboards.charts.palette import Colour

Marker = Literal["circle", "square", "diamond", "triangle", "bar", "none"]
Dash = Literal["solid", "dotted", "dashed"]
Place = tuple[float, float]
TableRow = Mapping[Any, Any]
"""Column → value, of a table that a chart is drawn of."""
TableRows = Sequence[TableRow]


@dataclass(frozen=True)
class Look:
    """How the points or the line of one kind look.

    Attributes:
        colour: of the palette.
        marker: of points; ``bar`` is upright, and ``none`` a line.
        filled: whether markers are, rather than being outlines.
        size: side of markers in points of 1/72 inch.
        dash: of a line.
    """

    colour: Colour
    marker: Marker = "circle"
    filled: bool = True
    size: float = 7.0
    dash: Dash = "solid"


@dataclass(frozen=True)
class Point:
    """One point.

    Attributes:
        x, y: where it is; in a panel of rows ``y`` is the row's place, from 0.
        low, high: ends of its bar: along x in a panel of rows, else along y.
        number: written beside it, or empty.
        text: what is told where it is pointed at.
        network: the architecture or network that it stands for, or empty.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    number: str = ""
    text: str = ""
    network: str = ""


@dataclass(frozen=True)
class Dots:
    """Points that look alike.

    Attributes:
        look: of the points.
        points: in the order of drawing.
        thick: whether bars are broad and pale, as ranges behind what they belong to.
    """

    look: Look
    points: tuple[Point, ...]
    thick: bool = False


@dataclass(frozen=True)
class Line:
    """A straight line."""

    look: Look
    start: Place
    end: Place


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        title: with the unit.
        low, high: its limits, as positions.
        ticks: (position, text).
        log: whether positions stand on a logarithmic scale.
    """

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False


@dataclass(frozen=True)
class Row:
    """One row of a panel.

    Attributes:
        lines: its name, above its points.
        note: short, at the right of the first line.
        text: what is told where the name is pointed at.
    """

    lines: tuple[str, ...]
    note: str = ""
    text: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        title: above it, or empty.
        x: its horizontal axis.
        y: its vertical one; ``None`` in a panel of rows.
        dots, lines: what it shows.
        rows: from above; empty in a plane.
    """

    title: str
    x: Axis
    y: Axis | None
    dots: tuple[Dots, ...]
    lines: tuple[Line, ...] = ()
    rows: tuple[Row, ...] = ()
    square: bool = False


@dataclass(frozen=True)
class Key:
    """An entry of the legend."""

    look: Look
    text: str


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes:
        name: of its files and anchors.
        question: that it answers.
        caption: how to read it.
        panels: one or two.
        keys: what looks mean.
        names: of points with numbers, in their order; the text begins with the number.
    """

    name: str
    question: str
    caption: str
    panels: tuple[Panel, ...]
    keys: tuple[Key, ...]
    names: tuple[Key, ...] = ()
