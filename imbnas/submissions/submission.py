"""``submission.json``: who hands in what, and what it was made with."""

import operator
from typing import Annotated, Literal

from pydantic import Field

from imbnas.submissions.shown_text import Licence, Line, Url
from imbnas.suites.resolved import PluginFile
from imbnas.units.frozen import FrozenModel, is_none

MOST_ADDED = 16
"""Strategies, rankers and so on of one submission, and its plug-ins."""

_Number = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
_Lines = Annotated[tuple[Line, ...], Field(max_length=100)]


class Source(FrozenModel):
    """What imbnas a submission was packed by.

    Attributes:
        version: of imbnas.
        revision: of the checkout; ``None`` for an installed package.
        modified: whether files of the package differ from that revision, or from what was
            installed.
    """

    version: Line
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")] | None = None
    modified: bool


class Submission(FrozenModel):
    """A submission as it describes itself; what can be compared with the rest of it, is.

    Attributes:
        title: of what is handed in.
        author: who hands it in.
        url: of a paper or a repository.
        licence: of the plug-in and the records.
        suite: ``SUITE@VERSION/FIDELITY`` of the board that it is for.
        added: what was added to the suite's parts, by kind.
        plugins: files that it needs.
        records: how many it holds.
        earlier_runs: other run directories, beside the one it was made from, with something of the
            same name added: how often it may have been tried before.
        source: see ``Source``.
        software: versions of libraries that the records name.
        devices: that the records name.
        processors: that the records name.
    """

    schema_version: Literal[1] = 1
    title: Line
    author: Line
    url: Url | None = Field(default=None, exclude_if=is_none)
    licence: Licence | None = Field(default=None, exclude_if=is_none)
    suite: Line
    added: dict[Line, Annotated[tuple[Line, ...], Field(max_length=MOST_ADDED)]]
    plugins: tuple[PluginFile, ...] = Field(
        default=(), max_length=MOST_ADDED, exclude_if=operator.not_
    )
    records: _Number
    earlier_runs: _Number
    source: Source
    software: Annotated[dict[Line, _Lines], Field(max_length=100)]
    devices: _Lines
    processors: _Lines
