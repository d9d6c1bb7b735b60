"""Charts as plain Plotly figures, one for each panel; the page sets colours, light or dark."""

import math
from html import escape
from typing import Any

from imbnas.leaderboards.charts.chart import Axis, Chart, Dots, Line, Look, Panel, Point
from imbnas.leaderboards.charts.names import broken

Figure = dict[str, Any]
"""``traces``, ``layout``, ``height`` in pixels; and for numbers that are placed where there is room
``numbers`` and ``points``, as shares of the panel's width and height from its lower left."""
_POINT = 4 / 3
"""Pixels of a point of 1/72 inch."""
_PLANE, _SQUARE = 340, 420
_AXIS, _TITLE = 52, 26
"""Pixels below a panel and above it."""
_LINE, _ROW, _BELOW = 15, 18, 10
"""Pixels of a line of a row's name, of the rest of the row, and below the last one."""
_SYMBOLS = {
    "circle": "circle", "square": "square", "diamond": "diamond", "triangle": "triangle-up",
    "bar": "line-ns", "none": "circle",
}  # fmt: skip
_GLYPHS = {
    ("circle", True): "●", ("circle", False): "○", ("square", True): "■", ("square", False): "□",
    ("diamond", True): "◆", ("diamond", False): "◇", ("triangle", True): "▲",
    ("triangle", False): "△", ("bar", True): "┃",
}  # fmt: skip
_DASHES = {"solid": "solid", "dotted": "dot", "dashed": "dash"}
_DASH_GLYPHS = {"solid": "──", "dotted": "┈┈", "dashed": "╌╌"}


def figures(chart: Chart) -> list[Figure]:
    """A figure for each panel.

    Texts from the tables are escaped, since Plotly reads tags in texts. ``customdata`` of a point
    is its architecture or network, where it stands for one. Colours are names of CSS variables.
    """
    return [_figure(panel) for panel in chart.panels]


def glyph(look: Look) -> str:
    """A character that looks like a point or line."""
    if look.marker == "none":
        return _DASH_GLYPHS[look.dash]
    return _GLYPHS[look.marker, look.filled]


def _figure(panel: Panel) -> Figure:
    layout: dict[str, Any] = {
        "xaxis": _axis(panel.x),
        "margin": {"t": _TITLE if panel.title else 8, "b": _AXIS, "l": 8 if panel.rows else 50,
                   "r": 8},
        "showlegend": False,
    }  # fmt: skip
    if panel.title:
        layout["title"] = {
            "text": escape(panel.title), "font": {"size": 13}, "x": 0, "xref": "paper", "y": 1,
            "yref": "container", "yanchor": "top", "pad": {"t": 4},
        }  # fmt: skip
    if panel.y is None:
        layout |= _rows(panel)
        height = _height(panel)
    else:
        layout["yaxis"] = _axis(panel.y)
        height = _SQUARE if panel.square else _PLANE
    traces = [*map(_line, panel.lines)]
    for dots in panel.dots:
        traces += _dots(dots, bool(panel.rows))
    points = [point for dots in panel.dots for point in dots.points] if panel.y else []
    return {
        "traces": traces,
        "layout": layout,
        "height": height,
        "numbers": [[*_share(panel, point), point.number] for point in points if point.number],
        "points": [_share(panel, point) for point in points],
    }


def _row_height(panel: Panel) -> int:
    return _ROW + _LINE * max(len(row.lines) for row in panel.rows)


def _height(panel: Panel) -> int:
    return _row_height(panel) * len(panel.rows) + _AXIS + (_TITLE if panel.title else 8)


def _rows(panel: Panel) -> dict[str, Any]:
    """Names above the points of their rows, notes at the right."""
    below = _BELOW / _row_height(panel)
    common = {"showarrow": False, "yanchor": "bottom", "yshift": 5, "font": {"size": 11},
              "bgcolor": "--paper", "borderpad": 0}  # fmt: skip
    notes = []
    for at, row in enumerate(panel.rows):
        name = {
            "text": "<br>".join(map(escape, row.lines)), "xref": "x domain", "x": 0, "y": at,
            "xanchor": "left", "align": "left",
        }  # fmt: skip
        notes.append(common | name)
        if row.note:
            note = {
                "text": escape(row.note), "xref": "x domain", "x": 1, "y": at, "xanchor": "right",
                # Beside the first line of the name.
                "align": "right", "yshift": 5 + _LINE * (len(row.lines) - 1),
            }  # fmt: skip
            notes.append(common | note)
    return {
        "yaxis": {"visible": False, "fixedrange": True,
                  "range": [len(panel.rows) - 1 + below, below - 1]},
        "annotations": notes,
    }  # fmt: skip


def _axis(axis: Axis) -> dict[str, Any]:
    ends = [axis.low, axis.high]
    return {
        "title": {"text": axis.title},
        "type": "log" if axis.log else "linear",
        "range": [math.log10(end) for end in ends] if axis.log else ends,
        "tickvals": [at for at, _ in axis.ticks],
        "ticktext": [text for _, text in axis.ticks],
        "fixedrange": True,
        "zeroline": False,
    }


def _line(line: Line) -> dict[str, Any]:
    (x0, y0), (x1, y1) = line.start, line.end
    return {
        "type": "scatter", "mode": "lines", "x": [x0, x1], "y": [y0, y1], "hoverinfo": "skip",
        "line": {"width": 1.4, "dash": _DASHES[line.look.dash], "color": _colour(line.look)},
    }  # fmt: skip


def _dots(dots: Dots, along_x: bool) -> list[dict[str, Any]]:
    """The points, and before them their bars."""
    look, points = dots.look, dots.points
    colour = _colour(look)
    marker: dict[str, Any] = {"symbol": _SYMBOLS[look.marker], "size": look.size * _POINT}
    if look.marker == "bar":
        marker |= {"line": {"width": 3, "color": colour}, "color": colour}
    elif look.filled:
        marker |= {"color": colour, "line": {"width": 0.8, "color": "--paper"}}
    else:
        marker |= {"color": "--paper", "line": {"width": 1.8, "color": colour}}
    shown: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": [point.x for point in points],
        "y": [point.y for point in points],
        "text": [_text(point.text) for point in points],
        "customdata": [point.network for point in points],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": marker,
    }
    if look.marker == "none":
        shown |= {"hoverinfo": "skip", "hovertemplate": None, "marker": {"size": 0.1}}
    bars = _bars(dots, along_x)
    return [bars, shown] if bars else [shown]


def _bars(dots: Dots, along_x: bool) -> dict[str, Any] | None:
    """One line for all, with gaps between."""
    x: list[float | None] = []
    y: list[float | None] = []
    for point in dots.points:
        if point.low is not None and point.high is not None:
            ends: list[float | None] = [point.low, point.high, None]
            same: list[float | None] = [point.y if along_x else point.x] * 2 + [None]
            x += ends if along_x else same
            y += same if along_x else ends
    if not x:
        return None
    pale = 0.35 if dots.thick else 1 if along_x else 0.45
    width = 9 if dots.thick else 1.6
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip", "opacity": pale,
        "line": {"width": width, "color": _colour(dots.look)},
    }  # fmt: skip


def _colour(look: Look) -> str:
    return f"--{look.colour}"


def _text(text: str) -> str:
    """Escaped, in lines that fit a phone."""
    lines = [part for line in text.split("\n") for part in broken(line, at_most=None)]
    return "<br>".join(map(escape, lines))


def _share(panel: Panel, point: Point) -> list[float]:
    axes = ((panel.x, point.x), (panel.y, point.y))
    return [round(_along(axis, at), 4) for axis, at in axes if axis is not None]


def _along(axis: Axis, at: float) -> float:
    scale = math.log10 if axis.log else float
    low, high = scale(axis.low), scale(axis.high)
    return (scale(at) - low) / (high - low)
