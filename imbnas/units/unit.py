"""Units: the smallest pieces of work, fully resolved; a unit's hash is its identity."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from imbnas.units.bounds import ImageCount, Replicates, Seed
from imbnas.units.conditions import Protocol
from imbnas.units.frozen import FrozenModel, content_sha256, is_false, is_none, is_one
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import Options, SchemeSpec

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
DeviceType = Literal["cpu", "cuda"]
Precision = Literal["float32", "bfloat16"]

TASK_VERSION = "2"
"""Changes whenever the same unit would give another result; part of every identity."""


class Computation(FrozenModel):
    """How the networks of a run are computed.

    Attributes:
        device_type: where networks run.
        precision: of forward passes.
        compiled: whether trainings of single networks and stacks go through ``torch.compile``;
            omitted from what is stored where they do not.
        cuda_graphs: whether their training steps are captured in CUDA graphs; omitted like
            ``compiled``.
        reproducible: whether libraries are held to instructions that all processors with AVX2
            have, see ``imbnas.execution.caps``; omitted like ``compiled``.
    """

    device_type: DeviceType
    precision: Precision
    compiled: bool = Field(default=False, exclude_if=is_false)
    cuda_graphs: bool = Field(default=False, exclude_if=is_false)
    reproducible: bool = Field(default=False, exclude_if=is_false)

    @model_validator(mode="after")
    def _can_be_captured(self) -> Self:
        if self.cuda_graphs and self.device_type != "cuda":
            raise ValueError("cuda_graphs: only on the device type cuda")
        return self

    @model_validator(mode="after")
    def _can_be_reproducible(self) -> Self:
        rounded_alike = (self.device_type, self.precision, self.compiled)
        if self.reproducible and rounded_alike != ("cpu", "float32", False):
            raise ValueError("reproducible: only on the CPU, in float32 and without compiling")
        return self


class DataRef(FrozenModel):
    """A condition pinned to exact images.

    Attributes:
        condition: short name, with the subset seed in it.
        protocol: how validation images were held out.
        dataset_digest: sha256 of the dataset's images and labels.
        manifest_sha256: sha256 of the exact training, validation and test indices.
    """

    condition: str
    protocol: Protocol
    dataset_digest: Sha256
    manifest_sha256: Sha256


class SpaceModel(FrozenModel):
    """One architecture of a search space."""

    source: Literal["space"] = "space"
    space: str
    version: str
    architecture: str

    @property
    def label(self) -> str:
        """What tables call it."""
        return self.architecture


class BaselineModel(FrozenModel):
    """A timm model together with how it is fitted to small images.

    Attributes:
        source: distinguishes the kinds of models.
        baseline: its name.
        version: of the baseline.
        spec_sha256: hash of the whole fitted specification.
        weights: which pretrained weights it starts from (``sha256:…`` of a file, or where timm
            publishes them); ``None`` for random ones, omitted from the identity.
    """

    source: Literal["baseline"] = "baseline"
    baseline: str
    version: str
    spec_sha256: Sha256
    weights: str | None = Field(default=None, exclude_if=is_none)

    @property
    def label(self) -> str:
        """What tables call it; a pretrained model never shares the name of a fresh one."""
        return baseline_label(self.baseline, self.weights is not None)


def baseline_label(baseline: str, pretrained: bool) -> str:
    """The name of a baseline in suites, seeds and tables."""
    return f"{baseline} (pretrained)" if pretrained else baseline


Model = Annotated[SpaceModel | BaselineModel, Field(discriminator="source")]


class Component(FrozenModel):
    """A registry entry with its options: a strategy, a searcher or a ranker.

    Attributes:
        name: registry name.
        version: of the entry.
        options: (name, value) pairs sorted by name.
        source_sha256: hash of a plug-in's source file; ``None`` for built-in entries.
    """

    name: str
    version: str
    options: Options = ()
    source_sha256: Sha256 | None = None

    @property
    def label(self) -> str:
        """What tables call it."""
        return component_label(self.name, self.options)


def component_label(name: str, options: Options) -> str:
    """``p2``, or ``p2(freeze_after=50)`` with options in the order given."""
    if not options:
        return name
    return f"{name}({', '.join(f'{option}={value}' for option, value in options)})"


class UnitBase(FrozenModel):
    """What every unit has.

    Attributes:
        schema_version: of the record's form.
        task_version: see ``TASK_VERSION``.
        device_type: where it computes.
        precision: of forward passes.
        reproducible: whether it is computed under ``imbnas.execution.caps``; omitted from the
            identity when false.
        replicate: its number.
    """

    schema_version: Literal[1] = 1
    task_version: str = TASK_VERSION
    device_type: DeviceType = "cpu"
    precision: Precision = "float32"
    reproducible: bool = Field(default=False, exclude_if=is_false)
    replicate: Seed

    @cached_property
    def identity(self) -> str:
        """Hex sha256 of the canonical JSON."""
        return content_sha256(self)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy; a changed copy has an identity of its own."""
        copied = super().model_copy(update=update, deep=deep)
        if update:
            copied.__dict__.pop("identity", None)
        return copied

    @property
    def requires(self) -> tuple[str, ...]:
        """Identities of the units that must be finished before this one."""
        return ()


class TrainUnit(UnitBase):
    """Train one network from scratch and read the test split once.

    Attributes:
        stack: number of replicates trained side by side in one network, which changes results by
            rounding; replicate r takes place r modulo ``stack``. 1 for a network alone, omitted
            from the identity.
        compiled: whether training steps go through ``torch.compile``, which rounds differently;
            omitted from the identity when false.
        cuda_graphs: whether training steps are captured in CUDA graphs, where the learning rate is
            a float32 number and libraries may choose other algorithms; omitted from the identity
            when false.
    """

    kind: Literal["train"] = "train"
    model: Model
    data: DataRef
    scheme: SchemeSpec
    recipe: Recipe
    stack: Replicates = Field(default=1, exclude_if=is_one)
    compiled: bool = Field(default=False, exclude_if=is_false)
    cuda_graphs: bool = Field(default=False, exclude_if=is_false)

    def with_model(self, model: Model, identity: str) -> "TrainUnit":
        """The same training of another model, for which the identity is known."""
        copied = self.model_copy(update={"model": model})
        copied.__dict__["identity"] = identity
        return copied

    @property
    def label(self) -> str:
        """One line for progress displays and logs."""
        return f"train {self.model.label} on {self.data.condition} with {self.scheme.name}"


class SpaceUnit(UnitBase):
    """What units of a whole space have: its registry name and version, and a recipe."""

    space: str
    version: str
    recipe: Recipe


class SupernetUnit(SpaceUnit):
    """Train a weight-sharing supernet of a whole space."""

    kind: Literal["supernet"] = "supernet"
    data: DataRef
    scheme: SchemeSpec

    @property
    def label(self) -> str:
        """One line for progress displays and logs."""
        return f"supernet of {self.space} on {self.data.condition}"


class AdaptUnit(SpaceUnit):
    """Adapt a source supernet to a target condition."""

    kind: Literal["adapt"] = "adapt"
    strategy: Component
    supernet: Sha256
    source: DataRef
    target: DataRef
    scheme: SchemeSpec

    @property
    def requires(self) -> tuple[str, ...]:
        """The source supernet."""
        return (self.supernet,)

    @property
    def label(self) -> str:
        """One line for progress displays and logs."""
        return f"adapt to {self.target.condition} by {self.strategy.label}"


class SearchUnit(SpaceUnit):
    """Score sub-networks of an adapted supernet on validation images and name the best.

    Attributes:
        scored_on: the condition whose training images calibrate batch statistics and whose
            validation images give the scores; the source's for strategies that see no target.
        calibration_images: training images used to calibrate each sub-network; 0 scores with
            the statistics of the validation batch itself.
        validation_images: most validation images used for a score, equally many of each class and
            always the same; ``None`` for all, omitted from the identity.
    """

    kind: Literal["search"] = "search"
    searcher: Component
    adapted: Sha256
    scored_on: DataRef
    calibration_images: ImageCount
    validation_images: Annotated[ImageCount, Field(ge=1)] | None = Field(
        default=None, exclude_if=is_none
    )

    @property
    def requires(self) -> tuple[str, ...]:
        """The adapted supernet."""
        return (self.adapted,)

    @property
    def label(self) -> str:
        """One line for progress displays and logs."""
        return f"{self.searcher.name} search scored on {self.scored_on.condition}"


class RankUnit(SpaceUnit):
    """Score architectures without a supernet, to predict what trainings will give.

    Attributes:
        architectures: what to score, in this order.
        data: the condition of the trainings; the test split is not read.
        scheme: of the trainings.
        recipe: of the trainings.
    """

    kind: Literal["rank"] = "rank"
    ranker: Component
    architectures: Annotated[tuple[str, ...], Field(min_length=1)]
    data: DataRef
    scheme: SchemeSpec

    @property
    def label(self) -> str:
        """One line for progress displays and logs."""
        return f"rank by {self.ranker.label} on {self.data.condition} with {self.scheme.name}"


Unit = Annotated[
    TrainUnit | SupernetUnit | AdaptUnit | SearchUnit | RankUnit,
    Field(discriminator="kind"),
]
UNIT_KINDS = ("train", "supernet", "adapt", "search", "rank")
UNIT_ADAPTER: TypeAdapter[Unit] = TypeAdapter(Unit)
