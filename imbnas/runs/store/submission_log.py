"""``submissions.csv`` of a board: what was accepted and withdrawn, when, and from whom."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from imbnas.errors import InputError
from imbnas.regular_files import read_regular
from imbnas.units.frozen import FrozenModel
from imbnas.units.unit import Sha256
from imbnas.validation import fault_of

LOG = "submissions.csv"
_MOST_BYTES = 2**26
_Text = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


class Logged(FrozenModel):
    """One line of the log.

    Attributes:
        date: of acceptance or withdrawal, UTC.
        sha256: of the submission's file.
        name: of the file on the board, without its ending.
        title: of what was handed in.
        author: who handed it in.
        url: of a paper or a repository; may be empty.
        licence: of plug-in and records; may be empty.
        added: kind → what was added to the suite's parts.
        earlier_runs: as the submission says.
        verified: how much was computed again, by which version and when; ``no`` for nothing.
        state: what happened to it.
    """

    date: date
    sha256: Sha256
    name: Name
    title: _Text
    author: _Text
    url: _Text
    licence: _Text
    added: dict[str, tuple[str, ...]]
    earlier_runs: Annotated[int, Field(ge=0)]
    verified: _Text
    state: Literal["accepted", "withdrawn"]


def read_log(folder: Path) -> list[Logged]:
    """The log of a board, in its order; empty where it has taken nothing.

    Raises:
        InputError: the file is no such log.
    """
    path = folder / LOG
    try:
        text = read_regular(path, _MOST_BYTES).decode()
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        logged = [Logged.model_validate(_parsed(row)) for row in rows]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from None
    except (ValueError, csv.Error, RecursionError, TypeError) as error:
        fault = fault_of(error) if isinstance(error, ValueError) else str(error)
        raise _refused(path, fault) from None
    if log_text(logged) != text:
        raise _refused(path, "not as imbnas writes it")
    return logged


def log_text(logged: Iterable[Logged]) -> str:
    """The log as text, sorted by date and hash."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(Logged.model_fields), lineterminator="\n")
    writer.writeheader()
    for line in sorted(logged, key=lambda each: (each.date, each.sha256, each.state)):
        added = json.dumps(line.added, sort_keys=True, ensure_ascii=False)
        writer.writerow(line.model_dump(mode="json") | {"added": added})
    return out.getvalue()


def _parsed(row: dict[str, Any]) -> dict[str, Any]:
    added, earlier = json.loads(row.get("added") or ""), int(row.get("earlier_runs") or "")
    return row | {"added": added, "earlier_runs": earlier}


def _refused(path: Path, fault: str) -> InputError:
    return InputError(f"{path}: {fault}; get the board again")
