"""Numbers beside crowded points: no two on one another, none on a marker where there is room."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imbnas.leaderboards.charts.palette import light

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

Floats = npt.NDArray[np.float64]
Point = tuple[float, float]

_RADII = (9.0, 13.0, 18.0, 24.0, 31.0, 39.0, 48.0, 60.0, 75.0)
"""Distances between a point and its number, in points; beyond the first a line joins them."""
_DIRECTIONS = 16
_MARKER = 4.0
"""Half the side of a marker, in points."""
_GAP = 1.0
"""Half the least distance of two numbers, in points."""
_REACH = 100.0
"""Points farther away than this, in points, are in no number's way."""
_SAMPLES = 12
_STYLE = {
    "textcoords": "offset points", "ha": "center", "va": "center", "fontsize": "x-small",
    "color": light("ink"), "zorder": 5,
}  # fmt: skip


def place(axes: "Axes", points: npt.ArrayLike, texts: Sequence[str]) -> "list[Annotation]":
    """Write a short text beside every point, as near as the others leave room.

    Each takes the candidate that disturbs least; of equal ones the nearest. The layout and the
    limits of the axes must be final; the result depends on nothing else.

    Args:
        axes: to write on.
        points: (N, 2) of data; those at the end that have no text are only kept free.
        texts: one for each of the first points.
    """
    data = np.asarray(points, dtype=float)
    centres = np.asarray(axes.transData.transform(data), dtype=float)
    pixels = axes.get_figure(root=True).dpi / 72  # type: ignore[union-attr]
    written, lines = np.empty((0, 4)), np.empty((0, 4))
    offsets = _offsets()
    notes = []
    for place_of, (point, text) in enumerate(zip(data.tolist(), texts, strict=False)):
        centre, others = centres[place_of], np.delete(centres, place_of, axis=0)
        others = others[np.abs(others - centre).max(axis=-1) < _REACH * pixels]
        markers = _around(others, _MARKER * pixels)
        boxes = _size(axes, point, text) + _GAP * pixels * np.array([-1, -1, 1, 1])
        boxes = boxes + np.tile(offsets * pixels, 2)
        ways = _ways(centre, boxes)
        disturbance = (
            1000 * _leaves(boxes, np.asarray(axes.bbox.extents))
            + 100 * _hits(boxes, written).sum(axis=-1)
            + 3 * _hits(boxes, markers).sum(axis=-1)
            + 3 * _hits(boxes, _around(centre[None], _MARKER * pixels)).sum(axis=-1)
            + 2 * _crosses(ways, written)
            + 2 * _crosses(ways, markers)
            + 2 * _misleads(boxes, centre, others)
            + _hits(boxes, lines).sum(axis=-1)
        )
        best = int(np.argmin(disturbance))
        written = np.vstack([written, boxes[best]])
        lines = np.vstack([lines, _around(ways[best], _GAP * pixels)])
        notes.append(_write(axes, point, text, offsets[best]))
    return notes


def _offsets() -> Floats:
    """(C, 2) candidate offsets in points, nearest first, each ring from the upper right on."""
    angles = np.pi / 8 + 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    return np.concatenate([radius * ring for radius in _RADII])


def _size(axes: "Axes", point: Point, text: str) -> Floats:
    """(4,) box of the text in pixels, were it written on the point itself."""
    note = axes.annotate(text, point, (0, 0), **_STYLE)  # type: ignore[arg-type]
    box = np.asarray(note.get_window_extent().extents, dtype=float)
    note.remove()
    return box


def _write(axes: "Axes", point: Point, text: str, offset: Floats) -> "Annotation":
    line = {"arrowstyle": "-", "color": light("grey"), "linewidth": 0.6, "shrinkB": 3}
    far = float(np.hypot(*offset)) > _RADII[0] + 1e-6
    at = (float(offset[0]), float(offset[1]))
    return axes.annotate(text, point, at, arrowprops=line if far else None, **_STYLE)  # type: ignore[arg-type]


def _around(centres: Floats, reach: float) -> Floats:
    """(…, 4) squares around (…, 2) places: left, bottom, right, top."""
    return np.concatenate([centres - reach, centres + reach], axis=-1)


def _ways(start: Floats, boxes: Floats) -> Floats:
    """(C, S, 2) places on the ways from a point to the middles of (C, 4) boxes."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    share = np.linspace(0, 1, _SAMPLES)[None, :, None]
    return np.asarray(start + share * (middles - start)[:, None, :])


def _hits(boxes: Floats, others: Floats) -> npt.NDArray[np.bool_]:
    """(…, B) whether (…, 4) boxes overlap (B, 4) others."""
    a, b = boxes[..., None, :], others
    across = (a[..., 0] < b[:, 2]) & (b[:, 0] < a[..., 2])
    return np.asarray(across & (a[..., 1] < b[:, 3]) & (b[:, 1] < a[..., 3]))


def _crosses(ways: Floats, boxes: Floats) -> npt.NDArray[np.int_]:
    """(C,) how many boxes the (C, S, 2) ways lead across."""
    return np.asarray(_hits(_around(ways, 0), boxes).any(axis=1).sum(axis=-1))


def _misleads(boxes: Floats, own: Floats, others: Floats) -> npt.NDArray[np.bool_]:
    """(C,) whether a text is nearer to one of (N, 2) other points than to its own."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    distances = np.linalg.norm(middles[:, None] - others, axis=-1)
    return np.asarray(
        distances.min(axis=-1, initial=np.inf) < np.linalg.norm(middles - own, axis=-1)
    )


def _leaves(boxes: Floats, frame: Floats) -> npt.NDArray[np.bool_]:
    """(C,) whether a box is not wholly within the frame."""
    return np.asarray((boxes[:, :2] < frame[:2]).any(-1) | (boxes[:, 2:] > frame[2:]).any(-1))
