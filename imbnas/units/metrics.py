"""Metrics: what each kind of unit gives, and which values can be."""

from collections.abc import Iterable, Sequence
from operator import gt, itemgetter
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from imbnas.units.correct_bits import number_of_ones
from imbnas.units.frozen import FrozenModel, is_none
from imbnas.units.recalls import harmonic_mean, mean, recalls
from imbnas.units.unit import Sha256

LARGEST_COUNT = 2**63 - 1
"""Tables hold whole numbers of 64 bits."""


Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)]
Number = Annotated[float, Field(strict=True)]
Recall = Annotated[float, Field(strict=True, ge=0, le=1)]
CALIBRATION_BINS = 15


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
        return mean(recalls(self.class_correct, self.class_total))


class TrainMetrics(FrozenModel):
    """Result of a ``train`` unit.

    Attributes:
        kind: of unit.
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
        return recalls(self.class_correct, self.class_total)

    def mean_accuracy(self, classes: Iterable[int] | None = None) -> float | None:
        """Mean per-class recall in [0, 1] over the given classes, or all; ``None`` for none."""
        accuracies = self.class_accuracy
        return mean(accuracies if classes is None else (accuracies[c] for c in classes))

    def harmonic_mean(self) -> float | None:
        """Harmonic mean of the class recalls in [0, 1]; ``None`` without test images."""
        return harmonic_mean(self.class_accuracy)

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
    """Result of a ``supernet`` unit: the hash that names its weights.

    Attributes:
        kind: of unit.
        weights_sha256: hex sha256 of the weights' file, which is its name.
        train_loss: mean loss of the last epoch.
    """

    kind: Literal["supernet"] = "supernet"
    weights_sha256: Sha256
    train_loss: Number


class AdaptMetrics(FrozenModel):
    """Result of an ``adapt`` unit.

    Attributes:
        kind: of unit.
        weights_sha256: names the weights; the source supernet's own where a strategy changes none.
    """

    kind: Literal["adapt"] = "adapt"
    weights_sha256: Sha256


class SearchMetrics(FrozenModel):
    """Result of a ``search`` unit.

    Attributes:
        kind: of unit.
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
        kind: of unit.
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
