"""Writes what a replay gave: a CSV and a picture in two formats."""

from pathlib import Path

import pandas as pd

from imbnas.leaderboards.plots.figures import style, to_png, to_svg
from imbnas.leaderboards.tables.formats import to_csv
from imbnas.replay.picture import draw
from imbnas.runs.store.files import replace_file


def write_replay(table: pd.DataFrame, title: str, folder: Path) -> tuple[Path, ...]:
    """Write ``replay.csv``, ``replay.svg`` and ``replay.png``; returns their paths.

    Args:
        table: as ``Replay.table`` makes it.
        title: of the suite.
        folder: made where it is missing.
    """
    with style():
        figure = draw(table, title)
        files = {
            folder / "replay.csv": to_csv(table).encode(),
            folder / "replay.svg": to_svg(figure),
            folder / "replay.png": to_png(figure),
        }
    for path, content in files.items():
        replace_file(path, content, folder)
    return tuple(files)
