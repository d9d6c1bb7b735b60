"""Records: the immutable JSON of a finished unit, and failures beside them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import gt, itemgetter
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from imbnas.units.correct_bits import number_of_ones
from imbnas.units.frozen import FrozenModel, is_none
from imbnas.units.unit import RankUnit, Sha256, TrainUnit, Unit

LARGEST_COUNT = 2**63 - 1
"""Tables hold whole numbers of 64 bits."""


def _is_time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time without a time zone")
    return text


def _is_duration(seconds: float) -> float:
    # What is divided by less would be infinite in a table.
    if 0 < seconds < 1e-9:
        raise ValueError("less than a nanosecond")
    return seconds


Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)]
Number = Annotated[float, Field(strict=True)]
Seconds = Annotated[float, Field(strict=True, ge=0, le=1e8), AfterValidator(_is_duration)]
"""0, where a clock saw no time pass, or a nanosecond to three years."""
Rate = Annotated[float, Field(strict=True, ge=0, le=1e9)]
Recall = Annotated[float, Field(strict=True, ge=0, le=1)]
Text = Annotated[str, Field(max_length=10_000)]
Utc = Annotated[str, Field(max_length=40), AfterValidator(_is_time)]
"""A time in ISO 8601."""
CALIBRATION_BINS = 15
MEAN_DIGITS = 12
"""Decimals of mean recalls: far below one image, far above the rounding of their sum."""


class CalibrationBin(NamedTuple):
    """Images whose largest softmax probability is in one bin.

    Attributes:
        images: how many there are.
        confidence: sum of their largest probabilities.
        correct: how many of them were classified correctly.
    """

    images: Count
    confidence: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    correct: Count


class CurvePoint(NamedTuple):
    """How a network did on the validation images before its training had ended.

    Attributes:
        epoch: epochs done.
        class_correct: validation images of each class that were classified correctly.
        class_total: validation images of each class.
    """

    epoch: Annotated[int, Field(ge=1)]
    class_correct: tuple[Count, ...]
    class_total: tuple[Count, ...]

    def mean_accuracy(self) -> float | None:
        """Mean per-class recall in [0, 1]; ``None`` without validation images."""
        return _mean(_recalls(self.class_correct, self.class_total))


class TrainMetrics(FrozenModel):
    """Result of a ``train`` unit.

    Attributes:
        class_correct: test images of each class that were classified correctly.
        class_total: test images of each class.
        params: trainable parameters of the network.
        macs: multiply-accumulates of one forward pass of one image.
        train_loss: mean loss of the last epoch.
        correct_bits: which test images were classified correctly, see ``correct_bits.pack``;
            ``None`` in older records.
        calibration: test images by their largest softmax probability p, in bins of equal width:
            bin b of ``CALIBRATION_BINS`` = 15 holds b/15 < p ≤ (b + 1)/15, as MiSLAS has them
            (arXiv:2104.00466). p is that of the logits that decide the answer: scaled by the
            scheme, and corrected by its post-hoc step. ``None`` in older records, and where a
            p is not a number.
        curve: the network on validation images after the recipe's ``curve_epochs``: weights as
            they were then, neither averaged nor corrected. Under protocol ``paper`` validation
            images are test images. ``None`` for recipes that do not ask.
    """

    kind: Literal["train"] = "train"
    class_correct: Annotated[tuple[Count, ...], Field(min_length=1)]
    class_total: Annotated[tuple[Count, ...], Field(min_length=1)]
    params: Count
    macs: Count
    train_loss: Number
    correct_bits: str | None = Field(default=None, exclude_if=is_none)
    calibration: (
        Annotated[
            tuple[CalibrationBin, ...],
            Field(min_length=CALIBRATION_BINS, max_length=CALIBRATION_BINS),
        ]
        | None
    ) = Field(default=None, exclude_if=is_none)
    curve: Annotated[tuple[CurvePoint, ...], Field(min_length=1)] | None = Field(
        default=None, exclude_if=is_none
    )

    @model_validator(mode="after")
    def _possible(self) -> "TrainMetrics":
        _check_counts(self.class_correct, self.class_total)
        correct, total = sum(self.class_correct), sum(self.class_total)
        if self.correct_bits is not None and number_of_ones(self.correct_bits, total) != correct:
            raise ValueError("correct_bits and class_correct differ in how many images are correct")
        if self.calibration is not None:
            _check_calibration(self.calibration, correct, total)
        if self.curve is not None:
            _check_curve(self.curve, len(self.class_total))
        return self

    @property
    def class_accuracy(self) -> tuple[float | None, ...]:
        """Recall of each class in [0, 1]; ``None`` where the test split has no image."""
        return _recalls(self.class_correct, self.class_total)

    def mean_accuracy(self, classes: Iterable[int] | None = None) -> float | None:
        """Mean per-class recall in [0, 1] over the given classes, or all; ``None`` for none."""
        accuracies = self.class_accuracy
        return _mean(accuracies if classes is None else (accuracies[c] for c in classes))

    def harmonic_mean(self) -> float | None:
        """Harmonic mean of the class recalls in [0, 1]; ``None`` without test images.

        It is 0 as soon as one recall is: some put a small number there instead, which then decides
        the mean.
        """
        recalls = [recall for recall in self.class_accuracy if recall is not None]
        if not recalls:
            return None
        return len(recalls) / sum(1 / recall for recall in recalls) if all(recalls) else 0.0

    def expected_calibration_error(self) -> float | None:
        """Mean over the test images of |accuracy − mean confidence| of their bin, in [0, 1].

        Naeini et al. (AAAI 2015), as in arXiv:1706.04599, with the bins of ``calibration``.
        Images count alike, whatever their class.

        Returns:
            ``None`` where there is no calibration, or no test image.
        """
        images = sum(self.class_total)
        if self.calibration is None or not images:
            return None
        return sum(abs(each.correct - each.confidence) for each in self.calibration) / images


def pooled(trainings: Sequence[TrainMetrics]) -> TrainMetrics:
    """Metrics of one network's trainings taken as one: counts are summed over test images.

    Bits and curves belong to a single training and are left out.

    Args:
        trainings: at least one, all tested on one test split.
    """
    first = trainings[0]
    if len(trainings) == 1:
        return first
    calibrations = [each.calibration for each in trainings if each.calibration is not None]
    return TrainMetrics(
        class_correct=_summed([each.class_correct for each in trainings]),
        class_total=_summed([each.class_total for each in trainings]),
        params=first.params,
        macs=first.macs,
        train_loss=sum(each.train_loss for each in trainings) / len(trainings),
        calibration=tuple(
            CalibrationBin(*map(sum, zip(*bins, strict=True)))
            for bins in zip(*calibrations, strict=True)
        )
        if len(calibrations) == len(trainings)
        else None,
    )


def _summed(counts: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*counts, strict=True)))


def _recalls(correct: Iterable[int], total: Iterable[int]) -> tuple[float | None, ...]:
    return tuple(c / t if t else None for c, t in zip(correct, total, strict=True))


def _mean(recalls: Iterable[float | None]) -> float | None:
    known = [recall for recall in recalls if recall is not None]
    # Equal recalls of other classes are a tie, which the order of a sum must not break.
    return round(sum(known) / len(known), MEAN_DIGITS) if known else None


def _check_counts(correct: tuple[int, ...], total: tuple[int, ...]) -> None:
    if len(correct) != len(total):
        raise ValueError("class_correct and class_total differ in length")
    if any(map(gt, correct, total)):
        raise ValueError("more correct images than images in a class")


def _check_calibration(bins: tuple[CalibrationBin, ...], correct: int, total: int) -> None:
    if sum(each.images for each in bins) != total:
        raise ValueError("calibration and class_total differ in how many images there are")
    if sum(each.correct for each in bins) != correct:
        raise ValueError("calibration and class_correct differ in how many images are correct")
    for place, (images, confidence, right) in enumerate(bins):
        # A sum of many numbers is rounded.
        low, high = place / CALIBRATION_BINS - 1e-9, (place + 1) / CALIBRATION_BINS + 1e-9
        if right > images or not images * low <= confidence <= images * high:
            raise ValueError(f"calibration: bin {place} holds what cannot be in it")


def _check_curve(curve: tuple[CurvePoint, ...], classes: int) -> None:
    for point in curve:
        _check_counts(point.class_correct, point.class_total)
        if len(point.class_total) != classes:
            raise ValueError("curve and class_total differ in the number of classes")
    epochs = [point.epoch for point in curve]
    if epochs != sorted(set(epochs)):
        raise ValueError("curve: its epochs do not ascend")


class SupernetMetrics(FrozenModel):
    """Result of a ``supernet`` unit: the hash that names its weights."""

    kind: Literal["supernet"] = "supernet"
    weights_sha256: Sha256
    train_loss: Number


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
    scores: Annotated[tuple[tuple[str, Recall], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _possible(self) -> "SearchMetrics":
        _check_distinct(self.scores)
        # Of equal scores the first one is the maximum.
        if self.best != max(self.scores, key=itemgetter(1))[0]:
            raise ValueError("best is not the first architecture of the highest score")
        return self


class RankMetrics(FrozenModel):
    """Result of a ``rank`` unit.

    Attributes:
        scores: (architecture, score), higher is better, in the unit's order; ``None`` where the
            score was not a finite number.
    """

    kind: Literal["rank"] = "rank"
    scores: Annotated[tuple[tuple[str, Number | None], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _possible(self) -> "RankMetrics":
        _check_distinct(self.scores)
        return self


def _check_distinct(scores: Sequence[tuple[str, float | None]]) -> None:
    if len({architecture for architecture, _ in scores}) < len(scores):
        raise ValueError("scores: an architecture occurs twice")


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
    device: Text
    images_seen: Count
    macs: Count
    train_images_per_second: Rate | None = Field(default=None, exclude_if=is_none)
    latency: Seconds | None = Field(default=None, exclude_if=is_none)


class Provenance(FrozenModel):
    """Versions and environment of a result; none of it is part of an identity.

    What older records do not name is ``None``, as is what a machine or build lacks. Those of
    ``INSTRUCTION_SETS`` are in the libraries' own words.

    Attributes:
        onednn: version of the library within torch.
        mkl: version of the library within torch.
        libc: name and version of the C library, which has the elementary functions.
        processor: maker, family, model and stepping; names of models may hide them.
        aten: what PyTorch's own kernels computed with; ``None`` only in older records.
        onednn_isa: what convolutions computed with.
        mkl_branch: which branch of MKL's code was asked for (conditional numerical
            reproducibility); ``OFF`` and ``AUTO`` leave it to the processor's maker and generation.
        numpy_isa: what NumPy chose from, beyond what it was compiled for.
        openblas_kernels: of NumPy's and SciPy's linear algebra.
    """

    imbnas: Text
    python: Text
    torch: Text
    torchvision: Text
    timm: Text
    numpy: Text
    git_revision: Text | None
    threads: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    platform: Text
    utc: Utc
    scipy: Text | None = Field(default=None, exclude_if=is_none)
    safetensors: Text | None = Field(default=None, exclude_if=is_none)
    pillow: Text | None = Field(default=None, exclude_if=is_none)
    onednn: Text | None = Field(default=None, exclude_if=is_none)
    mkl: Text | None = Field(default=None, exclude_if=is_none)
    libc: Text | None = Field(default=None, exclude_if=is_none)
    processor: Text | None = Field(default=None, exclude_if=is_none)
    aten: Text | None = Field(default=None, exclude_if=is_none)
    onednn_isa: Text | None = Field(default=None, exclude_if=is_none)
    mkl_branch: Text | None = Field(default=None, exclude_if=is_none)
    numpy_isa: Text | None = Field(default=None, exclude_if=is_none)
    openblas_kernels: Text | None = Field(default=None, exclude_if=is_none)

    @property
    def tells_instruction_sets(self) -> bool:
        """Whether it names what was computed with; older records do not."""
        return self.aten is not None


INSTRUCTION_SETS = ("aten", "onednn_isa", "mkl_branch", "numpy_isa", "openblas_kernels")
"""Fields of ``Provenance`` that say which instructions libraries computed with."""


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
        check_result(self.unit, self.metrics)
        return self


def check_result(unit: Unit, metrics: Metrics) -> None:
    """Make sure that a result is one of its unit, as far as the unit alone can tell.

    Raises:
        ValueError: it is not.
    """
    if unit.kind != metrics.kind:
        raise ValueError(f"metrics of kind {metrics.kind} for a {unit.kind} unit")
    if isinstance(unit, TrainUnit) and isinstance(metrics, TrainMetrics):
        epochs = tuple(point.epoch for point in metrics.curve or ())
        if epochs and epochs != unit.recipe.curve_epochs:
            raise ValueError("curve: its epochs are not those that the recipe asks for")
    if isinstance(metrics, RankMetrics) and isinstance(unit, RankUnit):
        scored = tuple(architecture for architecture, _ in metrics.scores)
        if scored != unit.architectures:
            raise ValueError("scores: not those of the unit's architectures, in their order")


class Failure(FrozenModel):
    """A unit that could not be finished, and why; ``utc`` is empty where it is not known."""

    schema_version: Literal[1] = 1
    identity: Sha256
    label: str
    error: str
    message: str
    traceback: str
    utc: Utc | Literal[""]
