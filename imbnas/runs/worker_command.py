"""The command line of a worker process: written for a request, read by the worker."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imbnas.data.locations import DataLocations
from imbnas.isolation.launcher import launched
from imbnas.runs.request import RunRequest
from imbnas.runs.store.checkpoints import CHECKPOINT_SECONDS

BAD_INPUT = 2
"""Exit status of a worker that is given no run."""

DISK_FAULT = 4
"""Exit status of a worker that cannot write; another one could not, either."""

NOT_CAPPED = 5
"""Exit status of a worker of a reproducible run that computes with other instruction sets."""

OTHER_IMBNAS = 6
"""Exit status of a worker of another version or source of imbnas than the run's."""

UNTIL = "--until"


def worker_command(request: RunRequest) -> list[str]:
    """The command that starts one worker, with this Python and absolute paths."""
    locations = request.locations.resolved()
    return [
        *launched("imbnas.runs.worker"),
        str(request.directory.path.resolve()),
        *([] if locations.root is None else ["--data-root", str(locations.root)]),
        *_repeated("--dataset", (f"{name}={path}" for name, path in locations.paths)),
        *(["--offline"] if locations.offline else []),
        *_repeated("--part", request.parts or ()),
        *_repeated("--only", request.only),
        *("--checkpoint-seconds", f"{request.checkpoint_seconds:g}"),
    ]


def process_flags(parent: int, tokens: Sequence[int] = (), until: float | None = None) -> list[str]:
    """Further flags of one process; see ``WorkerOptions``."""
    return [
        *("--parent", str(parent)),
        *(["--tokens", *map(str, tokens)] if tokens else []),
        *([UNTIL, str(until)] if until is not None else []),
    ]


def _repeated(flag: str, values: Iterable[str]) -> list[str]:
    return [text for value in values for text in (flag, value)]


@dataclass(frozen=True)
class WorkerOptions:
    """What a worker's command line says.

    Attributes:
        run_dir: the run.
        locations: where data lies.
        parts: names of the suite's parts to work on; ``None`` for all.
        only: patterns of units to do; empty for all.
        checkpoint_seconds: between two checkpoints of a unit at least.
        parent: process number of the supervisor; ``None`` for a worker that stands alone.
        tokens: file descriptors of the pipe that allows units; ``None`` for any number.
        until: seconds since the epoch by which every unit must have ended; ``None`` for no end.
    """

    run_dir: Path
    locations: DataLocations
    parts: Sequence[str] | None
    only: Sequence[str]
    checkpoint_seconds: float
    parent: int | None
    tokens: Sequence[int] | None
    until: float | None


def parse_worker_options(arguments: Sequence[str] | None = None) -> WorkerOptions:
    """Read a worker's command line; ``None`` reads that of this process."""
    parser = argparse.ArgumentParser(prog="python -m imbnas.runs.worker")
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--dataset", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--part", action="append", dest="parts", metavar="NAME")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--checkpoint-seconds", type=float, default=CHECKPOINT_SECONDS)
    parser.add_argument("--parent", type=int, metavar="PID")
    parser.add_argument("--tokens", type=int, nargs=2, metavar="FD")
    parser.add_argument(UNTIL, type=float, metavar="SECONDS", help="since the epoch")
    given = vars(parser.parse_args(arguments))
    data = (given.pop(name) for name in ("data_root", "dataset", "offline"))
    return WorkerOptions(locations=DataLocations.from_options(*data), **given)
