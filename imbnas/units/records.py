"""Records: the immutable JSON of a finished unit, and failures beside them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from imbnas.units.frozen import FrozenModel, is_none
from imbnas.units.metrics import Count, Metrics, RankMetrics, TrainMetrics
from imbnas.units.unit import RankUnit, Sha256, TrainUnit, Unit


def _is_time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time without a time zone")
    return text


def _is_duration(seconds: float) -> float:
    # What is divided by less would be infinite in a table.
    if 0 < seconds < 1e-9:
        raise ValueError("less than a nanosecond")
    return seconds


Seconds = Annotated[float, Field(strict=True, ge=0, le=1e8), AfterValidator(_is_duration)]
"""0, where a clock saw no time pass, or a nanosecond to three years."""
Rate = Annotated[float, Field(strict=True, ge=0, le=1e9)]
Text = Annotated[str, Field(max_length=10_000)]
Utc = Annotated[str, Field(max_length=40), AfterValidator(_is_time)]
"""A time in ISO 8601."""


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
        core_seconds: processor seconds of training alone, evaluations left out, those of earlier
            attempts included; of a stack, its share. ``None`` for other units and for older
            records.
    """

    seconds: Seconds
    device: Text
    images_seen: Count
    macs: Count
    train_images_per_second: Rate | None = Field(default=None, exclude_if=is_none)
    latency: Seconds | None = Field(default=None, exclude_if=is_none)
    core_seconds: Seconds | None = Field(default=None, exclude_if=is_none)


class Provenance(FrozenModel):
    """Versions and environment of a result; none of it is part of an identity.

    What older records do not name is ``None``, as is what a machine or build lacks. Those of
    ``INSTRUCTION_SETS`` are in the libraries' own words.

    Attributes:
        imbnas: its version, as that of the others.
        python: its version.
        torch: its version.
        torchvision: its version.
        timm: its version.
        numpy: its version.
        git_revision: of the checkout that imbnas runs from; ``None`` for an installed package.
        threads: of PyTorch.
        platform: operating system and processor architecture.
        utc: when the unit was finished, in ISO 8601.
        scipy: its version.
        safetensors: its version.
        pillow: its version.
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
    """A finished unit.

    Attributes:
        schema_version: of the record's form.
        identity: hex sha256 of the unit's canonical JSON, the name of the file.
        unit: what was computed, fully resolved.
        metrics: what it gave, of the same kind as the unit.
        cost: what it took.
        provenance: by what it was computed.
    """

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
    """A unit that could not be finished, and why.

    Attributes:
        schema_version: of the form.
        identity: of the unit.
        label: of the unit, for people.
        error: class of the error.
        message: of the error.
        traceback: of the error, cut where it is long.
        utc: when, in ISO 8601; empty where it is not known.
    """

    schema_version: Literal[1] = 1
    identity: Sha256
    label: str
    error: str
    message: str
    traceback: str
    utc: Utc | Literal[""]
