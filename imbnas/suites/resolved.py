"""The resolved suite (``RUN/suite.json``): all that units and tables need, and no data."""

import operator
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from imbnas.suites.fidelity import Fidelity
from imbnas.suites.schema import (
    AdaptationPart,
    BaselinesPart,
    MotivationPart,
    Part,
    SuiteFile,
    TransferPart,
)
from imbnas.units.bounds import Amount, ImageCount, Label, ReplicateNumber, Replicates
from imbnas.units.conditions import Condition, Protocol
from imbnas.units.frozen import FrozenModel, is_none
from imbnas.units.image_labels import unpack
from imbnas.units.largest import MOST_CHANNELS, MOST_IMAGES
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import BaselineModel, Component, Computation, DataRef, Sha256, SpaceModel

Share = Annotated[float, Field(ge=0, le=1)]


class Member(FrozenModel):
    """One architecture of the population.

    Attributes:
        architecture: published string.
        unique_id: structure as papers count structures.
        functional_id: function as a graph; architectures that share it are resampled together.
        params: trainable parameters under the fidelity's network recipe.
        macs: multiply-accumulates of one image.
    """

    architecture: str
    unique_id: str
    functional_id: str
    params: Amount
    macs: Amount


class ConditionFacts(FrozenModel):
    """What tables need to know of a condition; indices are left to the data layer.

    Attributes:
        condition: as the suite names it, without a subset seed of its own.
        class_counts: training images of each class.
        groups: name (many, medium, few) → classes; ``None`` for a group without classes.
        replicates: the pinned data of each replicate.
        retrainings: the same for every replicate number that found architectures are trained on,
            where these are more than the replicates.
    """

    condition: Condition
    class_counts: Annotated[tuple[ImageCount, ...], Field(min_length=1)]
    groups: dict[str, tuple[Label, ...] | None]
    replicates: Annotated[tuple[DataRef, ...], Field(min_length=1)]
    retrainings: tuple[DataRef, ...] = Field(default=(), exclude_if=operator.not_)

    @model_validator(mode="after")
    def _possible(self) -> "ConditionFacts":
        grouped = [label for group in self.groups.values() for label in group or ()]
        if sorted(grouped) != list(range(len(self.class_counts))):
            raise ValueError("groups: they do not hold every class of class_counts once")
        for field in ("replicates", "retrainings"):
            for data in getattr(self, field):
                if data.protocol != self.condition.protocol:
                    raise ValueError(f"{field}: data of protocol {data.protocol}")
                if data.dataset_digest != self.replicates[0].dataset_digest:
                    raise ValueError(f"{field}: data of several datasets")
        return self


class EvaluationImages(FrozenModel):
    """What networks of a condition are evaluated on, and the shape of its images.

    Attributes:
        validation: validation images of each class.
        test: test images of each class.
        channels: of an image.
        resolution: side of an image in pixels; ``None`` where they differ in size.
    """

    validation: tuple[ImageCount, ...]
    test: tuple[ImageCount, ...]
    channels: Annotated[int, Field(ge=1, le=MOST_CHANNELS)]
    resolution: Annotated[int, Field(ge=1, le=MOST_IMAGES)] | None


class CommonImages(FrozenModel):
    """How many training images two conditions that a part compares have in common.

    A share is that of the smaller of two sets, 1 where one is part of the other; mean over pairs.

    Attributes:
        conditions: both, sorted; twice the same for a condition with itself.
        same: over replicates of equal number.
        different: over replicates of different numbers; ``None`` where there is a single one.
    """

    conditions: tuple[str, str]
    same: Share
    different: Share | None


class BaselineFacts(FrozenModel):
    """A baseline under the fidelity's resolution, with the recipe it is trained by.

    ``source`` says where its network comes from: ``timm``, or ``imbnas`` itself.
    """

    model: BaselineModel
    source: str
    recipe: Recipe
    params: Amount
    macs: Amount


class StrategyFacts(FrozenModel):
    """A strategy and what it declares.

    Attributes:
        component: identity of the strategy, options included.
        scores_on: whose training images calibrate and whose validation images score candidates.
        recipe: which of the fidelity's recipes it trains with.
        scheme: what it trains with in place of the target's; ``None`` for the target's.
    """

    component: Component
    scores_on: Literal["source", "target"]
    recipe: Literal["adaptation", "supernet"]
    scheme: str | None = Field(default=None, exclude_if=is_none)


class PluginFile(FrozenModel):
    """A plug-in that was loaded, kept as a copy inside the run directory."""

    name: Annotated[str, Field(pattern=r"^[^/\\\x00]+$", max_length=255)]
    sha256: Sha256


def _labels(name: str, part: Part) -> Iterator[tuple[str, str]]:
    """What a part names besides trainings: field of the resolved suite and key there."""
    match part:
        case TransferPart():
            yield from (("rankers", ranker.label) for ranker in part.rankers)
        case AdaptationPart():
            yield from (("strategies", label) for label in part.choices)
            yield from (("searchers", label) for label in part.searchers)
        case BaselinesPart():
            yield from (("baselines", label) for label in part.labels)
        case MotivationPart():
            yield "motivation", name


class ResolvedSuite(Computation):
    """A suite at one fidelity with every name resolved, and how its networks are computed.

    ``strategies`` and ``rankers`` are by label: the name, with options where a part gives some;
    ``searchers`` holds the further ones by the label that the fidelity gives them.
    ``motivation`` holds the networks of each motivation part. Replicates are numbered from
    ``first_replicate``. ``common_images`` holds the pairs of conditions of transfer and baselines
    parts that share any; without one it is of an older suite, since every condition shares images
    with itself. ``test_labels`` holds the classes of the test images by digest of the dataset, see
    ``image_labels.pack``, where parts compare datasets. ``evaluation_images`` is by condition, and
    empty in older suites. ``added`` names, by kind, what a command line added to the suite's parts;
    ``suite`` holds it. ``modified`` is the beginning of a digest of what the suite said, where that
    is not what the suite of the same name and version says that ships with imbnas.

    Expanding it to units and reading its records into tables needs neither data nor plug-ins.
    """

    schema_version: Literal[1] = 1
    suite: SuiteFile
    fidelity: str
    settings: Fidelity
    replicates: Replicates
    first_replicate: ReplicateNumber = Field(default=0, exclude_if=operator.not_)
    space_version: str
    population_rule: str
    population: tuple[Member, ...]
    conditions: dict[str, ConditionFacts]
    schemes: dict[str, SchemeSpec]
    strategies: dict[str, StrategyFacts]
    searcher: Component
    searchers: dict[str, Component] = Field(default_factory=dict, exclude_if=operator.not_)
    population_scorer: Component
    baselines: dict[str, BaselineFacts]
    rankers: dict[str, Component] = Field(default_factory=dict, exclude_if=operator.not_)
    motivation: dict[str, tuple[SpaceModel, ...]] = Field(
        default_factory=dict, exclude_if=operator.not_
    )
    common_images: tuple[CommonImages, ...] = Field(default=(), exclude_if=operator.not_)
    test_labels: dict[str, str] = Field(default_factory=dict, exclude_if=operator.not_)
    evaluation_images: dict[str, EvaluationImages] = Field(
        default_factory=dict, exclude_if=operator.not_
    )
    plugins: tuple[PluginFile, ...] = ()
    added: dict[str, tuple[str, ...]] = Field(default_factory=dict, exclude_if=operator.not_)
    modified: str | None = Field(default=None, pattern="^[0-9a-f]{12}$", exclude_if=is_none)

    @model_validator(mode="after")
    def _consistent(self) -> "ResolvedSuite":
        for fault in (
            *self._condition_faults(),
            *self._name_faults(),
            *self._network_faults(),
            *self._image_faults(),
        ):
            raise ValueError(fault)
        return self

    def _condition_faults(self) -> Iterator[str]:
        expected = {0, self.replicates * self.settings.retrainings}
        for name, facts in self.conditions.items():
            if facts.condition.name != name:
                yield f"conditions.{name}: condition: it is {facts.condition.name}"
            if facts.condition.protocol != self.protocol:
                yield f"conditions.{name}: condition: protocol: not the suite's"
            if len(facts.replicates) != self.replicates:
                yield f"conditions.{name}: replicates: not as many as the suite's"
            if len(facts.retrainings) not in expected:
                yield f"conditions.{name}: retrainings: not as many as the suite's"

    def _name_faults(self) -> Iterator[str]:
        """What the parts name and the suite does not hold."""
        held = {"conditions": self.conditions.keys(), "schemes": self.schemes.keys()}
        for name, part in self.suite.parts.items():
            for training in part.trainings:
                for field, wanted in (
                    ("conditions", training.condition), ("schemes", training.scheme),
                ):  # fmt: skip
                    if wanted not in held[field]:
                        yield f"{field}: {wanted} of part {name} is missing"
            for field, label in _labels(name, part):
                if label not in getattr(self, field):
                    yield f"{field}: {label} of part {name} is missing"
        if self.fidelity not in self.suite.fidelities:
            yield f"fidelity: {self.fidelity!r} is not one of the suite's"
        elif self.settings != self.suite.fidelities[self.fidelity]:
            yield f"settings: they are not those of fidelity {self.fidelity} of the suite"

    def _network_faults(self) -> Iterator[str]:
        architectures = [member.architecture for member in self.population]
        if len(set(architectures)) < len(architectures):
            yield "population: an architecture occurs twice"
        for name, facts in self.baselines.items():
            if facts.model.label != name:
                yield f"baselines.{name}: model: it is {facts.model.label}"
        for name, scheme in self.schemes.items():
            if scheme.name != name:
                yield f"schemes.{name}: name: it is {scheme.name}"

    def _image_faults(self) -> Iterator[str]:
        for pair in self.common_images:
            for name in pair.conditions:
                if name not in self.conditions:
                    yield f"common_images: conditions: {name} is missing"
        for digest, labels in self.test_labels.items():
            try:
                unpack(labels)
            except ValueError as error:
                yield f"test_labels.{digest}: {error}"
        for name, images in self.evaluation_images.items():
            classes = len(self.conditions[name].class_counts) if name in self.conditions else 0
            for field in ("validation", "test"):
                if len(getattr(images, field)) != classes:
                    yield f"evaluation_images.{name}: {field}: not one number for each class"

    @property
    def replicate_numbers(self) -> range:
        """Numbers of the replicates."""
        return range(self.first_replicate, self.first_replicate + self.replicates)

    @property
    def protocol(self) -> Protocol:
        """Of all conditions: the fidelity's, else the suite's."""
        return self.settings.protocol or self.suite.protocol

    @property
    def title(self) -> str:
        """``SUITE@VERSION/FIDELITY``, the name of its runs and boards."""
        return f"{self.suite.name}@{self.suite.version}/{self.fidelity}"

    @property
    def heading(self) -> str:
        """The title of its tables, which says where the suite is not the one that ships."""
        return f"{self.title}{self._modification}"

    @property
    def _modification(self) -> str:
        return f" (modified, {self.modified})" if self.modified else ""

    @property
    def scale(self) -> str:
        """The fidelity, with what is not as it ships: ``mini + strategies mine``."""
        added = (f"{kind} {', '.join(names)}" for kind, names in self.added.items())
        return " + ".join((self.stated_fidelity, *added))

    @property
    def stated_fidelity(self) -> str:
        """The fidelity, as rows of tables name it: they say where the suite is not as it ships."""
        return f"{self.fidelity}{self._modification}"
