"""The registry of search spaces.

An entry is a factory: calling it without arguments gives the space. A plug-in registers a class::

    @SPACES.register("toy", version="1", summary="one line, with a citation")
    class ToySpace: ...
"""

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from imbnas.registry import Registry, built_in
from imbnas.spaces.space import Space

SpaceFactory: TypeAlias = Callable[[], Space]

SPACES: Registry[SpaceFactory] = Registry(
    "space",
    {
        "nats-tss": built_in(
            "imbnas.spaces.nats.topology_space:NatsTss",
            "15,625 cells of NAS-Bench-201, the NATS-Bench topology space (arXiv:2009.00437)",
        ),
        "nats-sss": built_in(
            "imbnas.spaces.nats.size_space:NatsSss",
            "32,768 widths of one cell, the NATS-Bench size space (arXiv:2009.00437)",
        ),
        "darts": built_in(
            "imbnas.spaces.darts.space:Darts",
            "genotypes of a normal and a reduction cell, the DARTS space (arXiv:1806.09055)",
        ),
    },
    entry_points="imbnas.spaces",
)


@cache
def get_space(name: str) -> Space:
    """Return the one instance of the space registered under ``name``.

    Raises:
        UnknownNameError: no space has that name.
    """
    return SPACES.get(name)()
