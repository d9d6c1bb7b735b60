"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from imbnas.data.locations import DataLocations

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output."
)


def _load(_context: click.Context, _parameter: click.Parameter, paths: tuple[Path, ...]) -> Any:
    from imbnas.registry import load_plugins

    load_plugins(paths)
    return paths


plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE.py",
    callback=_load,
    is_eager=True,
    help="Load registry entries from a Python file; repeatable.",
)


def data_options(command: Command) -> Command:
    """Add ``--data-root``, ``--dataset`` and ``--offline``."""
    for option in (
        click.option("--offline", is_flag=True, help="Never download anything."),
        click.option(
            "--dataset",
            "datasets",
            multiple=True,
            metavar="NAME=PATH",
            help="Where one dataset lies, or any image folder under a new name; repeatable.",
        ),
        click.option(
            "--data-root",
            metavar="DIR",
            help="Folder that holds datasets by name (also IMBNAS_DATA).",
        ),
    ):
        command = option(command)
    return command


def locations_from(
    data_root: str | None, datasets: tuple[str, ...], offline: bool
) -> "DataLocations":
    """Make the data locations that the options describe."""
    from imbnas.data.locations import DataLocations

    return DataLocations.from_options(data_root, datasets, offline)
