"""The command line ``imbnas-bench``; nothing heavy is imported before a command needs it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbnas.cli.main import main

__all__ = ["main"]


def __getattr__(name: str) -> Any:
    """``main``, looked up late so that ``python -m imbnas.cli.main`` is the only one to load it."""
    if name != "main":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from imbnas.cli.main import main

    # In the place of the module, which has the same name.
    globals()["main"] = main
    return main
