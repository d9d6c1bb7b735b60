"""Which architectures move when the data becomes long-tailed."""

from collections.abc import Mapping

import pandas as pd

from imbnas.leaderboards.chart_data.rank_shifts import movers, ranked
from imbnas.leaderboards.charts.axes import linear
from imbnas.leaderboards.charts.chart import (
    Axis,
    Chart,
    Dots,
    Key,
    Line,
    Look,
    Panel,
    Point,
    Row,
    TableRow,
    TableRows,
)
from imbnas.leaderboards.charts.names import broken

_OTHERS = Look("grey", size=5)
_GAINS, _LOSES = Look("blue", "triangle", size=8.5), Look("orange", "square")
_BEFORE = Look("grey", filled=False, size=6)
_EVEN = Look("grey", "none", dash="dotted")


def chart(tables: Mapping[str, pd.DataFrame]) -> Chart | None:
    """Balanced rank against long-tailed rank, and the biggest movers by name.

    Returns:
        ``None`` where no architecture has both ranks.
    """
    ranks = ranked(tables["architectures"])
    if ranks.empty:
        return None
    moved: TableRows = movers(ranks).to_dict("records")
    others: TableRows = ranks.drop(movers(ranks).index).to_dict("records")
    last = float(ranks[["balanced_rank", "long_tailed_rank"]].to_numpy().max())
    keys = [
        Key(look, text)
        for gains, look, text in ((True, _GAINS, "gains"), (False, _LOSES, "loses"))
        if any(_gains(row) is gains for row in moved)
    ]
    panels = [_plane(others, moved, last)]
    if moved:
        panels.append(_list(moved, last))
        keys.append(Key(_BEFORE, "its rank on balanced data"))
    return Chart(
        name="rank_shift",
        question="Who moves when the data is long-tailed?",
        caption=(
            f"Ranks of {len(ranks)} architectures; 1 is best. Below the dotted line are those that "
            "gain when the data is long-tailed. Ranks are noisy: the noise ceiling says how much."
        ),
        panels=tuple(panels),
        keys=tuple(keys),
    )


def _plane(others: TableRows, moved: TableRows, last: float) -> Panel:
    kinds = {
        _OTHERS: [_point(row) for row in others],
        **{
            look: [_point(row, at) for at, row in enumerate(moved, 1) if _gains(row) is gains]
            for look, gains in ((_GAINS, True), (_LOSES, False))
        },
    }
    return Panel(
        title="all architectures",
        x=_ranks("rank on balanced data", last),
        y=_ranks("rank on long-tailed data", last),
        dots=tuple(Dots(look, tuple(points)) for look, points in kinds.items() if points),
        lines=(Line(_EVEN, (0.0, 0.0), (last + 1, last + 1)),),
        square=True,
    )


def _list(moved: TableRows, last: float) -> Panel:
    before = tuple(
        Point(
            x=row["balanced_rank"],
            y=float(at),
            low=min(row["balanced_rank"], row["long_tailed_rank"]),
            high=max(row["balanced_rank"], row["long_tailed_rank"]),
            text=_text(row),
            network=str(row["architecture"]),
        )
        for at, row in enumerate(moved)
    )
    after = {
        look: tuple(
            Point(
                row["long_tailed_rank"],
                float(at),
                text=_text(row),
                network=str(row["architecture"]),
            )
            for at, row in enumerate(moved)
            if _gains(row) is gains
        )
        for look, gains in ((_GAINS, True), (_LOSES, False))
    }
    return Panel(
        title="the biggest movers",
        x=_ranks("rank", last),
        y=None,
        dots=(Dots(_BEFORE, before), *(Dots(look, points) for look, points in after.items())),
        rows=tuple(_row(number, row) for number, row in enumerate(moved, start=1)),
    )


def _row(number: int, row: TableRow) -> Row:
    head, *more = broken(str(row["architecture"]))
    indent = "\N{NO-BREAK SPACE}" * (len(str(number)) + 2)
    lines = (f"{number}  {head}", *(indent + line for line in more))
    return Row(lines, f"{row['rank_difference']:+.0f}", str(row["architecture"]))


def _point(row: TableRow, number: int | None = None) -> Point:
    return Point(
        x=row["balanced_rank"],
        y=row["long_tailed_rank"],
        number="" if number is None else str(number),
        text=_text(row),
        network=str(row["architecture"]),
    )


def _text(row: TableRow) -> str:
    ranks = f"balanced rank {row['balanced_rank']:g}, long-tailed rank {row['long_tailed_rank']:g}"
    return f"{row['architecture']}\n{ranks}"


def _gains(row: TableRow) -> bool:
    return bool(row["rank_difference"] > 0)


def _ranks(title: str, last: float) -> Axis:
    axis = linear(title, [0.0, last + 1], 0.0, last + 1)
    inner = tuple(tick for tick in axis.ticks if 0 < tick[0] < last and tick[0] % 1 == 0)
    return Axis(title, axis.low, axis.high, ((1.0, "1"), *(t for t in inner if t[0] > 1)))
