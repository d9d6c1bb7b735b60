"""The registry of schemes."""

from collections.abc import Callable

from imbnas.registry import Registry
from imbnas.schemes.catalog import CATALOG
from imbnas.units.schemes import SchemeSpec

# A plug-in registers a function without arguments that returns the scheme.
SCHEMES: Registry[SchemeSpec | Callable[[], SchemeSpec]] = Registry(
    "scheme", CATALOG, entry_points="imbnas.schemes"
)
