"""Recipes: everything about a training that is neither the network, the data nor the scheme."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from imbnas.units.bounds import (
    BatchSize,
    CurvePoints,
    Depth,
    Epochs,
    Pixels,
    Side,
    Steps,
    Width,
)
from imbnas.units.frozen import FrozenModel, is_false, is_none, is_zero
from imbnas.units.largest import MOST_EPOCHS
from imbnas.units.stem import DEFAULT_STEM, Stem, is_default_stem

Milestone = Annotated[int, Field(le=MOST_EPOCHS)]
Fraction = Annotated[float, Field(ge=0, le=1)]
PathSampling = Literal["uniform", "fair"]


def _is_uniform(sampling: str) -> bool:
    return sampling == "uniform"


def _is_step(unit: str) -> bool:
    return unit == "step"


class ChannelStatistics(FrozenModel):
    """What images are normalised by.

    Attributes:
        mean: of each channel, in [0, 1].
        std: standard deviation of each channel.
    """

    mean: Annotated[tuple[Fraction, ...], Field(min_length=1)]
    std: tuple[Annotated[float, Field(gt=0)], ...]

    @model_validator(mode="after")
    def _consistent(self) -> "ChannelStatistics":
        if len(self.mean) != len(self.std):
            raise ValueError("mean and std need one number for each channel")
        return self


class Augmentation(FrozenModel):
    """Random changes of training images, drawn again for every image and step.

    Attributes:
        pad: pixels of zero padding before a random crop back to size; 0 for none.
        flip: mirror horizontally with probability one half.
        cutout: side in pixels of a square set to the mean; 0 for none.
        randaugment: magnitude of torchvision's RandAugment, 1 to 30; 0 for none.
    """

    pad: Pixels = 0
    flip: bool = False
    cutout: Pixels = 0
    randaugment: Annotated[int, Field(ge=0, le=30)] = 0


class Recipe(FrozenModel):
    """How a network is trained, and how wide and deep it is.

    Attributes:
        epochs: number of epochs, the unit in which schedules are written.
        steps_per_epoch: optimizer steps in an epoch. ``None`` means one pass over the condition's
            images; a number gives every condition the same number of steps, drawn from an
            endless sequence of shuffled passes.
        batch_size: images in a step.
        lr: peak learning rate.
        momentum: of SGD.
        nesterov: whether SGD uses Nesterov momentum.
        weight_decay: on all parameters.
        schedule: ``cosine`` to 0 over the whole training, or ``step`` (factor ``gamma`` at each
            of ``milestones``), or ``constant``.
        milestones: 0-based epochs at which ``step`` multiplies the rate by ``gamma``.
        gamma: factor of ``step``.
        warmup_epochs: linear warm-up from near 0 to ``lr``.
        warmup_by: whether the warm-up rises at every ``step``, or by ``epoch``: the 0-based epoch e
            has the rate lr · (e + 1) / ``warmup_epochs``, as in LDAM-DRW. Omitted from the identity
            when default.
        clip_norm: largest global gradient norm; ``None`` for no clipping.
        average_from: fraction of the training after which weights are averaged for the final
            network (batch statistics are then estimated again on training images); ``None`` for
            the last weights.
        augmentation: see ``Augmentation``.
        channel_statistics: what images are normalised by; ``None``, which is omitted from the
            identity, for those of all training images of the dataset.
        resolution: side in pixels that images are resized to; ``None`` keeps the dataset's own.
        width: channels of a cell space's first stage.
        depth: cells in each stage of a cell space.
        stem: first convolution of a cell space's network, see ``Stem``; baselines have their own.
            Omitted from the identity when default.
        evaluation_batch_size: images in an evaluation batch; it changes speed, not results.
        path_sampling: how a supernet's steps choose paths: ``uniform`` takes one, drawn over unique
            structures; ``fair`` takes as many as an edge has operations, so that each is used
            exactly once (FairNAS, arXiv:1907.01845), and so costs as many passes per step.
            Omitted from the identity when default.
        curve_points: so many times a stand-alone network is evaluated on the validation images
            before its training ends, see ``curve_epochs``; it changes nothing of the training.
            Omitted from the identity when 0.
        best_epoch: report a stand-alone network as it was after the epoch with the most correct
            validation images instead of the last. Under protocol ``paper`` these are the test
            images, as LDAM-DRW's program chooses. Omitted from the identity when off.
    """

    epochs: Epochs
    steps_per_epoch: Steps | None = None
    batch_size: BatchSize = 128
    lr: Annotated[float, Field(gt=0)] = 0.1
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    nesterov: bool = True
    weight_decay: Annotated[float, Field(ge=0)] = 5e-4
    schedule: Literal["cosine", "step", "constant"] = "cosine"
    milestones: Annotated[tuple[Milestone, ...], Field(max_length=1000)] = ()
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    warmup_epochs: Annotated[float, Field(ge=0)] = 0
    warmup_by: Literal["step", "epoch"] = Field(default="step", exclude_if=_is_step)
    clip_norm: Annotated[float, Field(gt=0)] | None = None
    average_from: Fraction | None = None
    augmentation: Augmentation = Augmentation()
    channel_statistics: ChannelStatistics | None = Field(default=None, exclude_if=is_none)
    resolution: Side | None = None
    width: Width = 16
    depth: Depth = 5
    stem: Stem = Field(default=DEFAULT_STEM, exclude_if=is_default_stem)
    evaluation_batch_size: BatchSize = 512
    path_sampling: PathSampling = Field(default="uniform", exclude_if=_is_uniform)
    curve_points: CurvePoints = Field(default=0, exclude_if=is_zero)
    best_epoch: bool = Field(default=False, exclude_if=is_false)

    @property
    def curve_epochs(self) -> tuple[int, ...]:
        """After how many epochs the learning curve is evaluated, ascending.

        After a half, a quarter, … of them, ``curve_points`` times, rounded to the nearest whole
        number (halves to the even one). There are fewer where these are equal, or 0, or all epochs.
        """
        parts = {round(self.epochs / 2**point) for point in range(1, self.curve_points + 1)}
        return tuple(sorted(parts - {0, self.epochs}))

    @property
    def validated_epochs(self) -> tuple[int, ...]:
        """After how many epochs a network is evaluated on the validation images, ascending."""
        return tuple(range(1, self.epochs + 1)) if self.best_epoch else self.curve_epochs

    @property
    def unvalidated(self) -> "Recipe":
        """The same recipe for what is not validated between epochs."""
        if not self.validated_epochs:
            return self
        return self.model_copy(update={"curve_points": 0, "best_epoch": False})

    @model_validator(mode="after")
    def _consistent(self) -> "Recipe":
        if (self.schedule == "step") != bool(self.milestones):
            raise ValueError("milestones go with schedule 'step', which needs at least one")
        if any(m < 1 for m in self.milestones) or list(self.milestones) != sorted(
            set(self.milestones)
        ):
            raise ValueError("milestones are epochs from 1 on, in ascending order")
        if self.warmup_epochs > self.epochs:
            raise ValueError(
                f"warmup_epochs {self.warmup_epochs:g} exceeds epochs {self.epochs}; "
                "the learning rate would never reach its peak"
            )
        if self.best_epoch and self.average_from is not None:
            raise ValueError(
                "best_epoch chooses among epochs, average_from averages over them; leave one out"
            )
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs momentum above 0")
        return self
