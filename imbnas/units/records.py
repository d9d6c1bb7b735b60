"""Records: the immutable JSON of a finished unit, and failures beside them."""

from collections.abc import Iterable
from operator import gt
from typing import Annotated, Literal

from pydantic import Field, model_validator

from imbnas.units.frozen import FrozenModel, is_none
from imbnas.units.unit import Sha256, Unit

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(ge=0)]


class TrainMetrics(FrozenModel):
    """Result of a ``train`` unit.

    Attributes:
        class_correct: test images of each class that were classified correctly.
        class_total: test images of each class.
        params: trainable parameters of the network.
        macs: multiply-accumulates of one forward pass of one image.
        train_loss: mean loss of the last epoch.
    """

    kind: Literal["train"] = "train"
    class_correct: tuple[Count, ...]
    class_total: tuple[Count, ...]
    params: Count
    macs: Count
    train_loss: float

    @model_validator(mode="after")
    def _possible(self) -> "TrainMetrics":
        if len(self.class_correct) != len(self.class_total):
            raise ValueError("class_correct and class_total differ in length")
        if any(map(gt, self.class_correct, self.class_total)):
            raise ValueError("more correct images than images in a class")
        return self

    @property
    def class_accuracy(self) -> tuple[float | None, ...]:
        """Recall of each class in [0, 1]; ``None`` where the test split has no image."""
        pairs = zip(self.class_correct, self.class_total, strict=True)
        return tuple(c / t if t else None for c, t in pairs)

    def mean_accuracy(self, classes: Iterable[int] | None = None) -> float | None:
        """Mean per-class recall in [0, 1] over the given classes, or all; ``None`` for none."""
        accuracies = self.class_accuracy
        chosen = accuracies if classes is None else (accuracies[c] for c in classes)
        recalls = [accuracy for accuracy in chosen if accuracy is not None]
        return sum(recalls) / len(recalls) if recalls else None


class SupernetMetrics(FrozenModel):
    """Result of a ``supernet`` unit: the hash that names its weights."""

    kind: Literal["supernet"] = "supernet"
    weights_sha256: Sha256
    train_loss: float


class AdaptMetrics(FrozenModel):
    """Result of an ``adapt`` unit.

    ``weights_sha256`` is the source supernet's own where a strategy changes no weight.
    """

    kind: Literal["adapt"] = "adapt"
    weights_sha256: Sha256


class SearchMetrics(FrozenModel):
    """Result of a ``search`` unit.

    Attributes:
        best: the architecture with the highest score; ties go to the earlier one.
        scores: (architecture, mean per-class validation recall in [0, 1]), in order of
            evaluation; no architecture occurs twice.
    """

    kind: Literal["search"] = "search"
    best: str
    scores: tuple[tuple[str, float], ...]


class RankMetrics(FrozenModel):
    """Result of a ``rank`` unit.

    Attributes:
        scores: (architecture, score), higher is better, in the unit's order; ``None`` where the
            score was not a finite number.
    """

    kind: Literal["rank"] = "rank"
    scores: tuple[tuple[str, float | None], ...]


Metrics = Annotated[
    TrainMetrics | SupernetMetrics | AdaptMetrics | SearchMetrics | RankMetrics,
    Field(discriminator="kind"),
]


class Cost(FrozenModel):
    """What a unit cost.

    Attributes:
        seconds: wall-clock seconds.
        device: model name of the processor or accelerator.
        images_seen: images through the network, training and evaluation.
        macs: multiply-accumulates spent; a training step counts three forward passes, a step
            through a frozen backbone one.
        train_images_per_second: images through forward and backward passes per second of
            training, data included; ``None`` for other units and for older records.
        latency: wall-clock seconds of a forward pass of one image, not counted in
            ``images_seen`` and ``macs``; ``None`` for other units and for older records.
    """

    seconds: Seconds
    device: str
    images_seen: Count
    macs: Count
    train_images_per_second: Rate | None = Field(default=None, exclude_if=is_none)
    latency: Seconds | None = Field(default=None, exclude_if=is_none)


class Provenance(FrozenModel):
    """Versions and environment of a result; none of it is part of an identity."""

    imbnas: str
    python: str
    torch: str
    torchvision: str
    timm: str
    numpy: str
    git_revision: str | None
    threads: int
    platform: str
    utc: str


class Record(FrozenModel):
    """A finished unit."""

    schema_version: Literal[1] = 1
    identity: Sha256
    unit: Unit
    metrics: Metrics
    cost: Cost
    provenance: Provenance

    @model_validator(mode="after")
    def _belongs_together(self) -> "Record":
        if self.unit.identity != self.identity:
            raise ValueError("identity is not the hash of the unit")
        if self.unit.kind != self.metrics.kind:
            raise ValueError(f"metrics of kind {self.metrics.kind} for a {self.unit.kind} unit")
        return self


class Failure(FrozenModel):
    """A unit that could not be finished, and why."""

    schema_version: Literal[1] = 1
    identity: Sha256
    label: str
    error: str
    message: str
    traceback: str
    utc: str
