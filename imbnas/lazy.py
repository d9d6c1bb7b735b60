"""Public names that are imported when they are first used, so that a package costs nothing."""

import importlib
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any


def lazy_names(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the ``__getattr__`` and ``__dir__`` of a package from what it imports for type checkers.

    The package lists its public names once, under ``if TYPE_CHECKING:``, in the form that
    re-exports them: ``from module import name as name``. ``__all__`` holds them, too.

    Args:
        package: its full name.
    """

    @cache
    def homes() -> dict[str, str]:
        return _type_checking_imports(package)

    def find(name: str) -> Any:
        return sorted(homes()) if name == "__all__" else lazy_attributes(package, homes())(name)

    return find, lambda: list(sys.modules[package].__all__)


def lazy_attributes(module: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a package or module.

    Args:
        module: its full name.
        homes: public name → full name of the module that defines it; the module itself for a
            package inside it.

    Returns:
        A function that finds a public name, and raises ``AttributeError`` for any other.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        if homes[name] == module:  # a package inside, such as ``imbnas.stats``
            return importlib.import_module(f"{module}.{name}")
        return getattr(importlib.import_module(homes[name]), name)

    return find


def _type_checking_imports(module: str) -> dict[str, str]:
    """Name → module of everything that a module imports under ``if TYPE_CHECKING:``."""
    import ast

    source = Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8")
    blocks = [node for node in ast.parse(source).body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}
