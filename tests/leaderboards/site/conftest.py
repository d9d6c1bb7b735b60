"""Boards whose names attack browsers and readers."""

import json
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from imbnas.leaderboards.page.render import render
from imbnas.leaderboards.page_file import LIBRARY
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, tables_as_text

SUITES = (
    "<img src=x onerror=alert(1)>@1",
    "=1+1 \u202egnp.\u2066@2",
    "a'b\"c&d#e?f%20@3",
    "javascript:alert(2)@4",
)
"""Folders that stand for suites."""


@pytest.fixture(scope="session")
def hostile_boards(hostile: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same tables under four names, the first three with records and a page."""
    folder = tmp_path_factory.mktemp("leaderboards")
    tables = build_tables(hostile)
    page = render(hostile, tables, folder=".", library=f"../../{LIBRARY}")
    (folder / LIBRARY).write_text(get_plotlyjs(), encoding="utf-8")
    facts = {"summary": "</script><script>alert(3)</script>\u202e", "records": {"train": "many"},
             "circumstances": {"last_utc": "<b>now</b>"}}  # fmt: skip
    for place, suite in enumerate(SUITES):
        board = folder / suite / "<b>f</b>".replace("/", "")
        board.mkdir(parents=True)
        for name, text in tables_as_text(tables).items():
            (board / name).write_text(text, encoding="utf-8")
        (board / "provenance.json").write_text(json.dumps(facts))
        if place < 3:
            (board / "records.tar.xz").write_bytes(b"never opened")
            (board / "index.html").write_text(page, encoding="utf-8")
    return folder
