"""Which spaces have a supernet."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from imbnas.spaces.space import NetworkShape
    from imbnas.supernet.supernet import Supernet

SUPERNETS: Registry["Callable[[NetworkShape], Supernet]"] = Registry(
    "supernet",
    {
        "nats-tss": (
            "imbnas.supernet.topology:TopologySupernet",
            "1",
            "every operation on every edge of the topology space's cell",
        ),
    },
    entry_points="imbnas.supernets",
)
"""Space name → its supernet."""
