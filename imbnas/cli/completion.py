"""What a shell completes: names of suites, strategies and all else that commands take."""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def names_of(kind: str, files: bool = False, after: str = "") -> Complete:
    """Complete what ``list`` lists under a kind; nothing where that fails.

    Args:
        kind: such as ``"strategies"``.
        files: whether a file may stand in the place of a name.
        after: what follows a name.
    """
    return _completing(lambda _: _names(kind), files, after)


def of_suite(table: str) -> Complete:
    """Complete the names in a table of the suite that the words before name; else the default's.

    Args:
        table: ``"fidelities"`` or ``"parts"``.
    """

    def names(context: click.Context) -> Iterable[str]:
        from imbnas.suites.load import DEFAULT_SUITE, load_suite

        names: Iterable[str] = getattr(
            load_suite(context.params.get("suite_name") or DEFAULT_SUITE), table
        )
        return names

    return _completing(names)


def _completing(
    names: Callable[[click.Context], Iterable[str]], files: bool = False, after: str = ""
) -> Complete:
    def complete(
        context: click.Context, _parameter: click.Parameter, begun: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        try:
            found = [name for name in names(context) if name.startswith(begun)]
        except Exception:
            # A shell shows whatever is printed between the user's keys.
            found = []
        if files and not found:
            return [CompletionItem(begun, type="file")]
        return [CompletionItem(name + after) for name in found]

    return complete


def _names(kind: str) -> list[str]:
    if kind == "suites":
        from imbnas.suites.files import suite_files

        return list(suite_files())
    from imbnas.cli.list import REGISTRIES

    module, _, attribute = REGISTRIES[kind].partition(":")
    registry: Any = getattr(import_module(module), attribute)
    return list(registry.names())
