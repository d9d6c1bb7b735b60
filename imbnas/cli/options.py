"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output."
)


def _read(_context: click.Context, _parameter: click.Parameter, paths: tuple[Path, ...]) -> Any:
    from imbnas.registry import read_plugin

    return tuple(map(read_plugin, paths))


def _load(_context: click.Context, _parameter: click.Parameter, paths: tuple[Path, ...]) -> Any:
    from imbnas.registry import load_plugin

    for path in paths:
        load_plugin(path)


def _plugin_option(exposed: bool) -> Callable[[Command], Command]:
    return click.option(
        "--plugin",
        "plugins",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE.py",
        callback=_read if exposed else _load,
        is_eager=True,
        expose_value=exposed,
        help="Load registry entries from a Python file; repeatable.",
    )


plugin_option = _plugin_option(exposed=False)
"""Loads plug-ins before the command begins, which gets no argument for it."""
plugin_files_option = _plugin_option(exposed=True)
"""Reads plug-ins for a command that gets their texts as ``plugins``, and imports none itself."""


out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write into this folder.  [default: RUN itself]",
)
"""For commands that write what is read from records."""


board_option = click.option(
    "--board",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Board that it is for.  [default: leaderboards/SUITE@VERSION/FIDELITY]",
)
"""For commands about submissions."""


def add_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator that adds several options, which ``--help`` lists in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


data_options = add_options(
    click.option(
        "--data-root", metavar="DIR", help="Folder that holds datasets by name (also IMBNAS_DATA)."
    ),
    click.option(
        "--dataset",
        "datasets",
        multiple=True,
        metavar="NAME=PATH",
        help="Where one dataset lies, or any image folder under a new name; repeatable.",
    ),
    click.option("--offline", is_flag=True, help="Never download anything."),
)
