"""The command line of a worker process, written by the supervisor and read by the worker."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imbnas.data.locations import DataLocations

DISK_FAULT = 4
"""Exit status of a worker that cannot write; another one could not, either."""


@dataclass(frozen=True)
class WorkerOptions:
    """What a worker is told.

    Attributes:
        run_dir: the run.
        part: names of the suite's parts to work on; ``None`` for all.
        parent: process number of the supervisor; ``None`` for a worker that stands alone.
        locations: where data lies.
        only: patterns of units to do; empty for all.
        checkpoint_seconds: between two checkpoints of a unit at least.
        tickets: file descriptors of the pipe that allows units; ``None`` for any number.
        until: seconds since the epoch at which no unit should be at work any more.
    """

    run_dir: Path
    part: list[str] | None
    parent: int | None
    locations: DataLocations
    only: tuple[str, ...] = ()
    checkpoint_seconds: float = 60.0
    tickets: tuple[int, int] | None = None
    until: float | None = None


def location_flags(locations: DataLocations) -> list[str]:
    """Flags that give a worker the same data locations."""
    flags = [] if locations.root is None else ["--data-root", str(locations.root)]
    for name, path in locations.paths:
        flags += ["--dataset", f"{name}={path}"]
    return [*flags, "--offline"] if locations.offline else flags


def parse_worker_options(arguments: Sequence[str] | None = None) -> WorkerOptions:
    """Read a worker's command line; ``None`` reads that of this process."""
    parser = argparse.ArgumentParser(prog="python -m imbnas.runs.worker")
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--part", action="append", metavar="NAME")
    parser.add_argument("--parent", type=int, metavar="PID")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--dataset", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--checkpoint-seconds", type=float, default=60.0)
    parser.add_argument("--tickets", type=int, nargs=2, metavar="FD")
    parser.add_argument("--until", type=float, metavar="SECONDS", help="since the epoch")
    options = parser.parse_args(arguments)
    locations = DataLocations.from_options(options.data_root, options.dataset, options.offline)
    return WorkerOptions(
        options.run_dir,
        options.part,
        options.parent,
        locations,
        tuple(options.only),
        options.checkpoint_seconds,
        tuple(options.tickets) if options.tickets else None,
        options.until,
    )
