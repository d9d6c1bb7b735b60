"""Style of figures, and their files, without any window system."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import matplotlib as mpl
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from imbnas.leaderboards.charts.palette import PALETTE, light

DPI = 150
_HASH_SALT = "imbnas"
_INK = ("text.color", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color")
_LINES = ("axes.edgecolor", "grid.color")


@contextmanager
def style() -> Iterator[None]:
    """Seaborn's white grid while drawing, and nothing of the caller's settings, which come back."""
    settings = {
        **sns.axes_style("whitegrid"),
        **sns.plotting_context("notebook", font_scale=0.85),
        "svg.hashsalt": _HASH_SALT,
        "svg.fonttype": "none",
        "font.family": "DejaVu Sans",
        **dict.fromkeys(_INK, light("ink")),
        **dict.fromkeys(_LINES, light("line")),
        "axes.linewidth": 1.0,
        # Names from suites and plug-ins may hold dollar signs.
        "text.parse_math": False,
    }
    with mpl.rc_context():
        mpl.rcdefaults()
        with mpl.rc_context(settings):
            yield


def new_figure(width: float = 7.0, height: float = 5.0) -> Figure:
    """An empty figure, size in inches, outside of pyplot's global state."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def legend_below(
    figure: Figure, handles: Sequence[Artist], columns: int, title: str | None = None
) -> None:
    """A legend for all panels of a figure, below them; labels are those of the handles."""
    figure.legend(
        handles=handles, title=title, loc="outside lower center", ncols=columns,
        fontsize="small", title_fontsize="small", frameon=False,
    )  # fmt: skip


def freeze(figure: Figure) -> None:
    """Fix the layout, so that what is placed afterwards does not move."""
    # The first pass does not know yet how large texts and axes of fixed aspect become.
    for _ in range(2):
        figure.draw_without_rendering()
    figure.set_layout_engine("none")


def to_svg(figure: Figure) -> bytes:
    """SVG without a date, dark where the reader's page is; the same figure gives the same bytes."""
    content = _saved(figure, "svg", {"Date": None, "Creator": None})
    head, defs, rest = content.partition(b"<defs>")
    return head + defs + _dark().encode() + rest


def _dark() -> str:
    """Style of the palette's colours on dark ground."""
    rules = " ".join(
        f'[style*="{kind}: {light}"] {{ {kind}: {dark} !important }}'
        for light, dark in PALETTE.values()
        for kind in ("fill", "stroke")
    )
    return f"\n  <style>@media (prefers-color-scheme: dark) {{ {rules} }}</style>"


def to_png(figure: Figure) -> bytes:
    """PNG of 150 dots per inch, without the name of the software."""
    return _saved(figure, "png", {"Software": None})


def _saved(figure: Figure, kind: str, metadata: dict[str, None]) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata, facecolor=light("paper"))
    return buffer.getvalue()
