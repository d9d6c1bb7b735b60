"""What every supernet offers, and which spaces have one."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from imbnas.registry import Registry
from imbnas.units.networks import ImageClassifier

if TYPE_CHECKING:
    from torch import nn

    from imbnas.spaces.space import NetworkShape


class Supernet(ImageClassifier, Protocol):
    """An ``ImageClassifier`` that computes the architecture chosen last; also a torch module."""

    def choose(self, architecture: str) -> None:
        """Compute this architecture from now on."""
        ...


SUPERNETS: Registry["Callable[[NetworkShape], nn.Module]"] = Registry(
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
