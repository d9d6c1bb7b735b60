"""Schemes: how imbalance is fought in training, as resolved and stored data."""

from typing import Annotated, Any, Literal

from pydantic import Field

from imbnas.units.bounds import EpochNumber
from imbnas.units.frozen import FrozenModel

Options = tuple[tuple[str, Any], ...]

DEFERRALS = (
    "deferred_from",
    "deferred_from_epoch",
    "sampler_deferred_from",
    "sampler_deferred_from_epoch",
)
"""The fields of a scheme that put a part of it off to a later epoch."""


class SchemeSpec(FrozenModel):
    """Loss, weights, sampler, schedule, classifier and post-hoc step under one name.

    Every field is part of a unit's identity. Names are entries of the registries of losses,
    samplers and post-hoc steps; options are (name, value) pairs sorted by name.

    Attributes:
        name: entry in the registry of schemes.
        version: version of that entry.
        loss: entry in the registry of losses.
        loss_options: options of the loss.
        normalise: ``sum_w`` divides a batch's weighted sum of losses by the sum of weights,
            ``n`` by the number of images.
        sampler: how images are drawn: ``instance``, ``balanced``, ``sqrt``, ``progressive``,
            ``effective-number``.
        deferred_from: fraction of the training, in [0, 1], before which the loss's weights are
            1 (DRW); ``None`` when the weights hold from the start.
        deferred_from_epoch: the same switch as a 0-based epoch; at most one of the two is set.
        sampler_deferred_from: the same for the sampler (DRS); images are drawn by instance before.
        sampler_deferred_from_epoch: the sampler's switch as a 0-based epoch.
        mixing: mixing of images and labels in a batch.
        mixing_alpha: parameter of the Beta distribution of ``mixing``.
        classifier: ``linear``, or ``cosine`` for normalised weights and features.
        posthoc: what is done on cached features and logits after training; ``None`` for nothing.
        posthoc_options: options of that step.
        part_versions: (part, version) of the loss and the post-hoc step; a part from a plug-in
            carries the sha256 of its source.
    """

    name: str
    version: str
    loss: str
    loss_options: Options = ()
    normalise: Literal["sum_w", "n"] = "sum_w"
    sampler: str = "instance"
    deferred_from: Annotated[float, Field(ge=0, le=1)] | None = None
    deferred_from_epoch: EpochNumber | None = None
    sampler_deferred_from: Annotated[float, Field(ge=0, le=1)] | None = None
    sampler_deferred_from_epoch: EpochNumber | None = None
    mixing: Literal["none", "mixup", "cutmix", "remix"] = "none"
    mixing_alpha: Annotated[float, Field(gt=0)] = 1.0
    classifier: Literal["linear", "cosine"] = "linear"
    posthoc: str | None = None
    posthoc_options: Options = ()
    part_versions: tuple[tuple[str, str], ...] = ()
