"""What executing a unit gives, before it becomes a record."""

from dataclasses import dataclass

from imbnas.units.records import Metrics


@dataclass(frozen=True)
class Outcome:
    """Metrics and the countable part of the cost.

    Attributes:
        metrics: of the unit's kind.
        images_seen: images through networks.
        macs: multiply-accumulates spent.
        train_images_per_second: see ``Cost``.
        latency: see ``Cost``.
    """

    metrics: Metrics
    images_seen: int
    macs: int
    train_images_per_second: float | None = None
    latency: float | None = None
