"""What executing a unit gives, before it becomes a record."""

from dataclasses import dataclass

from imbnas.execution.provenance import device_name, provenance
from imbnas.training.answers import Answers
from imbnas.units.frozen import FrozenModel
from imbnas.units.metrics import Count, CurvePoint, Metrics, TrainMetrics
from imbnas.units.records import Cost, Record
from imbnas.units.unit import Unit


class Untested(FrozenModel):
    """The metrics of a training without what the network answers to test images.

    Attributes are those of ``TrainMetrics``.
    """

    params: Count
    macs: Count
    train_loss: float
    curve: tuple[CurvePoint, ...] | None = None

    def tested(self, answers: Answers) -> TrainMetrics:
        """The metrics with the answers."""
        return TrainMetrics(
            class_correct=answers.correct,
            class_total=answers.total,
            params=self.params,
            macs=self.macs,
            train_loss=self.train_loss,
            correct_bits=answers.bits,
            calibration=answers.calibration,
            curve=self.curve,
        )


@dataclass(frozen=True)
class Outcome:
    """Metrics and the countable part of the cost.

    Attributes:
        metrics: of the unit's kind; ``Untested`` where another process holds the test images.
        images_seen: images through networks.
        macs: multiply-accumulates spent.
        train_images_per_second: see ``Cost``.
        latency: see ``Cost``.
        core_seconds: see ``Cost``.
    """

    metrics: Metrics | Untested
    images_seen: int
    macs: int
    train_images_per_second: float | None = None
    latency: float | None = None
    core_seconds: float | None = None

    def record(self, unit: Unit, seconds: float) -> Record:
        """The record of the unit.

        Args:
            unit: that was done.
            seconds: wall-clock time that it took.

        Raises:
            TypeError: the test images have not been answered to.
        """
        if isinstance(self.metrics, Untested):
            raise TypeError(f"{unit.label}: not tested")
        return Record(
            identity=unit.identity,
            unit=unit,
            metrics=self.metrics,
            cost=Cost(
                seconds=seconds,
                device=device_name(unit.device_type),
                images_seen=self.images_seen,
                macs=self.macs,
                train_images_per_second=self.train_images_per_second,
                latency=self.latency,
                core_seconds=self.core_seconds,
            ),
            provenance=provenance(),
        )
