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
        "nats-sss": (
            "imbnas.supernet.size:SizeSupernet",
            "1",
            "the widest network of the size space, of which the first channels are computed",
        ),
        "darts": (
            "imbnas.supernet.darts:DartsSupernet",
            "1",
            "every operation on every edge of both cells of the DARTS space",
        ),
    },
    entry_points="imbnas.supernets",
)
"""Space name → its supernet."""
