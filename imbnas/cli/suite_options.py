"""The options that name a suite and how it is run, shared by ``run`` and ``plan``."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from imbnas.data.locations import DataLocations
    from imbnas.data.manifests import Manifest
    from imbnas.runs.directory import RunDirectory
    from imbnas.suites.definition import SuiteFile

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--suite", "suite_name", metavar="NAME|FILE.toml", help="Default: lt-digits."),
    click.option("--fidelity", metavar="F", help="How much to spend; the suite's default."),
    click.option("--part", "parts", multiple=True, metavar="P", help="Only this part; repeatable."),
    click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Run directory.  [default: runs/SUITE@VERSION/FIDELITY]",
    ),
    click.option(
        "--reuse",
        "reused",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Take over units known in another run or published leaderboard; repeatable.",
    ),
    click.option("--workers", type=click.IntRange(1), help="Processes; one a core by default."),
    click.option(
        "--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"])
    ),
    click.option("--replicates", type=click.IntRange(1), help="More of them extend a run."),
    click.option(
        "--manifest",
        "manifests",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Use exactly the images of an exported manifest; repeatable.",
    ),
)


def suite_options(command: Command) -> Command:
    """Add the options that say what is run, where, and what of it is known elsewhere."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class SuiteRequest:
    """What the options ask for.

    Attributes:
        suite: as read.
        fidelity: one of the suite's.
        parts: names of parts; ``None`` for all.
        locations: where data lies.
        directory: where the run is, or will be.
        pins: manifests given.
    """

    suite: "SuiteFile"
    fidelity: str
    parts: tuple[str, ...] | None
    locations: "DataLocations"
    directory: "RunDirectory"
    pins: "tuple[Manifest, ...]"


def suite_request(
    suite_name: str | None,
    fidelity: str | None,
    parts: tuple[str, ...],
    out: Path | None,
    manifests: tuple[Path, ...],
    locations: "DataLocations",
) -> SuiteRequest:
    """Look up what the options name.

    Raises:
        InputError: a suite, fidelity, part or manifest that does not exist.
    """
    from imbnas.data.manifests import read_manifest
    from imbnas.errors import UnknownNameError
    from imbnas.runs.directory import RunDirectory
    from imbnas.suites.reading import DEFAULT_SUITE, choose_fidelity, load_suite

    suite = load_suite(suite_name or DEFAULT_SUITE)
    chosen, _ = choose_fidelity(suite, fidelity)
    for part in parts:
        if part not in suite.parts:
            raise UnknownNameError(f"part of suite {suite.name!r}:", part, suite.parts)
    return SuiteRequest(
        suite=suite,
        fidelity=chosen,
        parts=parts or None,
        locations=locations,
        directory=RunDirectory(out or Path("runs") / f"{suite.name}@{suite.version}" / chosen),
        pins=tuple(read_manifest(path) for path in manifests),
    )


def cores() -> int:
    """Processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
