"""Public names that are imported when they are first used, so that a package costs nothing."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def lazy_attributes(module: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a package or module.

    Args:
        module: its full name.
        homes: public name → module that defines it: one of the package, or a full name.

    Returns:
        A function that finds a public name, and raises ``AttributeError`` for any other.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home = homes[name]
        full = home if home.startswith("imbnas.") else f"{module}.{home}"
        return getattr(importlib.import_module(full), name)

    return find


def lazy_names(
    package: str, names: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make a package's ``__getattr__`` and ``__dir__``.

    Args:
        package: its full name.
        names: module, of the package or by its full name → public names that it defines.
    """
    homes = {name: home for home, defined in names.items() for name in defined}
    return lazy_attributes(package, homes), lambda: sorted(homes)
