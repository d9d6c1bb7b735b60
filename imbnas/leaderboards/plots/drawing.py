"""Draws a chart by Matplotlib."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from imbnas.leaderboards.charts.chart import Axis, Chart, Dots, Key, Look, Panel
from imbnas.leaderboards.charts.palette import light
from imbnas.leaderboards.plots.figures import freeze, new_figure
from imbnas.leaderboards.plots.placing import place

_MARKERS = {
    "circle": "o", "square": "s", "diamond": "D", "triangle": "^", "bar": "|", "none": "None",
}  # fmt: skip
_DASHES = {"solid": "-", "dotted": ":", "dashed": "--"}
_ONE, _TWO = 7.2, 11.0
"""Width of a picture with one panel and with two, in inches."""
_PLANE, _SQUARE = 4.2, 5.4
"""Height of a panel that is a plane, with its axis and title."""
_ROW, _LINE = 0.2, 0.16
"""Height of a row without its name, and of a line of that."""
_ABOVE = 5
"""Points between a row's points and its name."""
_AXIS = 0.85
"""What axis and title add to the height of a panel of rows."""
_LETTER, _HANDLE = 0.064, 0.45
"""Width of a letter of a legend, and of all else of an entry."""
_LETTERS = 15.5
"""Letters of the caption in an inch."""
_QUESTION, _CAPTION, _ENTRY = 0.36, 0.165, 0.185
"""Heights of a line."""


def draw(chart: Chart, title: str) -> Figure:
    """The chart as a figure: question and caption above, legend below.

    Args:
        chart: what to draw.
        title: of the suite.
    """
    width = _TWO if len(chart.panels) > 1 else _ONE
    caption = textwrap.wrap(f"{title}. {chart.caption}", int(_LETTERS * width))
    entries = (*chart.keys, *chart.names)
    columns = _columns(entries, width)
    top = _QUESTION + _CAPTION * len(caption) + 0.1
    bottom = 0.12 + _ENTRY * -(-len(entries) // columns)
    height = top + max(map(_height, chart.panels)) + bottom
    figure = new_figure(width, height)
    inner = (0, bottom / height, 1, 1 - (top + bottom) / height)
    figure.set_layout_engine("constrained", rect=inner)
    figure.text(0.1 / width, 1 - 0.1 / height, chart.question, size="x-large", weight="bold",
                va="top")  # fmt: skip
    figure.text(0.1 / width, 1 - _QUESTION / height, "\n".join(caption), size="small", va="top")
    figure.legend(
        handles=[Line2D([], [], label=key.text, **_style(key.look)) for key in entries],
        loc="lower left", bbox_to_anchor=(0, 0), ncols=columns, fontsize="small", frameon=False,
    )  # fmt: skip
    panels = figure.subplots(1, len(chart.panels), squeeze=False)[0]
    for axes, panel in zip(panels, chart.panels, strict=True):
        _panel(axes, panel)
    freeze(figure)
    for axes, panel in zip(panels, chart.panels, strict=True):
        _number(axes, panel)
    return figure


def _columns(entries: Sequence[Key], width: float) -> int:
    longest = max(len(key.text) for key in entries)
    return max(1, min(len(entries), int(width / (_HANDLE + _LETTER * longest))))


def _height(panel: Panel) -> float:
    if panel.rows:
        return _AXIS + len(panel.rows) * _row_height(panel)
    return _SQUARE if panel.square else _PLANE


def _row_height(panel: Panel) -> float:
    return _ROW + _LINE * max(len(row.lines) for row in panel.rows)


def _panel(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title, size="medium", loc="left")
    _axis(axes, "x", panel.x)
    if panel.y is not None:
        _axis(axes, "y", panel.y)
    else:
        _rows(axes, panel)
    for line in panel.lines:
        axes.plot(*zip(line.start, line.end, strict=True), zorder=1.5, linewidth=1.2,
                  **_style(line.look))  # fmt: skip
    for dots in panel.dots:
        _dots(axes, dots, bool(panel.rows))
    if panel.square:
        axes.set_aspect("equal")


def _axis(axes: Axes, name: str, axis: Axis) -> None:
    held = axes.xaxis if name == "x" else axes.yaxis
    axes.set(**{f"{name}label": axis.title, f"{name}scale": "log" if axis.log else "linear"})
    held.set_major_locator(FixedLocator([at for at, _ in axis.ticks]))
    held.set_major_formatter(FixedFormatter([text for _, text in axis.ticks]))
    held.set_minor_locator(NullLocator())
    axes.set(**{f"{name}lim": (axis.low, axis.high)})


def _rows(axes: Axes, panel: Panel) -> None:
    """Names above the points of their rows."""
    each = _row_height(panel)
    below = 0.1 / each
    axes.set_ylim(len(panel.rows) - 1 + below, below - 1)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    style: dict[str, Any] = {
        "xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "bottom",
        "fontsize": "small", "zorder": 4, "linespacing": 1.2,
        "bbox": {"facecolor": light("paper"), "edgecolor": "none", "pad": 0.6},
    }  # fmt: skip
    for at, row in enumerate(panel.rows):
        axes.annotate("\n".join(row.lines), (0, at), (3, _ABOVE), ha="left", **style)
        if row.note:
            # Beside the first line of the name.
            up = _ABOVE + 72 * _LINE * (len(row.lines) - 1)
            axes.annotate(row.note, (1, at), (-3, up), ha="right", **style)


def _dots(axes: Axes, dots: Dots, along_x: bool) -> None:
    style = _style(dots.look)
    colour = light(dots.look.colour)
    barred = [point for point in dots.points if point.low is not None and point.high is not None]
    if barred:
        middles = [point.x if along_x else point.y for point in barred]
        ends = np.array([[point.low, point.high] for point in barred], dtype=float).T
        lengths = np.abs(ends - np.array(middles))
        broad: dict[str, Any] = (
            {"elinewidth": 7, "alpha": 0.35} if dots.thick else {"elinewidth": 1.2}
        )
        if not along_x:
            broad["alpha"] = 0.45
        axes.errorbar(
            [point.x for point in barred], [point.y for point in barred], fmt="none",
            ecolor=colour, zorder=2, **{"xerr" if along_x else "yerr": lengths, **broad},
        )  # fmt: skip
    axes.plot([p.x for p in dots.points], [p.y for p in dots.points], zorder=3,
              **(style | {"linestyle": "none"}))  # fmt: skip


def _style(look: Look) -> dict[str, Any]:
    colour = light(look.colour)
    return {
        "linestyle": _DASHES[look.dash] if look.marker == "none" else "none",
        "color": colour,
        "marker": _MARKERS[look.marker],
        "markersize": look.size,
        "markerfacecolor": colour if look.filled else light("paper"),
        "markeredgecolor": light("paper") if look.filled and look.marker != "bar" else colour,
        "markeredgewidth": 2.2 if look.marker == "bar" else 0.6 if look.filled else 1.4,
    }


def _number(axes: Axes, panel: Panel) -> None:
    points = [point for dots in panel.dots for point in dots.points]
    numbered = [point for point in points if point.number]
    others = [point for point in points if not point.number]
    if numbered and panel.y is not None:
        places = [(point.x, point.y) for point in (*numbered, *others)]
        place(axes, places, [point.number for point in numbered])
